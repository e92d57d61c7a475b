"""Prepares a search: space, recipe, data, probe, and the facts about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.cecv.probe import ProbeSet, choose_probe
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import check_covered, element_vectors
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.folds import AUTO, development_rows, fold_count, search_folds
from fusionnas.data.inspection import SHORT, inspect_dataset
from fusionnas.data.sources import load_dataset
from fusionnas.errors import OptionError, StudyError
from fusionnas.files.causes import cause_of
from fusionnas.models.provenance import command_line, data_facts, versions
from fusionnas.networks.architecture import Architecture, ComponentSpec
from fusionnas.networks.named import architecture_names
from fusionnas.search_space.conditions import for_conditions
from fusionnas.search_space.outputs import suited, without_outputs
from fusionnas.search_space.portfolio import named_or_portfolio
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.first_trials import FirstTrial
from fusionnas.searching.given_band import BandSource, GivenBand
from fusionnas.searching.limits import NO_LIMITS, Limits
from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.quality import FAST, QUALITIES, Quality
from fusionnas.searching.references import References
from fusionnas.searching.rungs import OFF, check_rule, rung_epochs
from fusionnas.searching.storage import without_password
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.name import check_new_name
from fusionnas.studies.sameness import check_same
from fusionnas.tasks.kinds import task_of
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe
from fusionnas.workflows.search_options import REFERENCE, SearchOptions
from fusionnas.workflows.warm_start import NewStudy, warm_start


@dataclass(frozen=True, slots=True)
class Ingredients:
    """All inputs of a search, read and checked; nothing is written yet."""

    space: SearchSpace
    recipe: Recipe
    dataset: Dataset
    vectors: Mapping[str, np.ndarray]  # element vectors (119, channels) by name
    probe: ProbeSet
    given_band: GivenBand | None  # None if references are trained
    seed: int
    sampler: str
    objectives: tuple[str, ...] = DEFAULT
    limits: Limits = NO_LIMITS
    warm: tuple[StudyFolder, ...] = ()  # studies that this one starts from
    rungs: str = OFF  # rule of promotion
    quality: Quality = QUALITIES[FAST]
    folds: int = 0  # number of folds for every network; 0 is none
    outputs: Mapping[str, str] = field(default_factory=dict)  # outputs to try, with the reason
    verdict: bool = False  # whether all random networks for the verdict are trained

    @classmethod
    def read(cls, options: SearchOptions) -> Ingredients:
        """Load the data, choose the probe and fit the recipe to the data's size.

        If the options give no number of epochs, the recipe chooses it. The vectors of a given band
        must have been made in the same way as this search makes them.
        """
        space = load_space(options.space)
        runs, rungs = Path(options.runs), options.rungs
        warm = tuple(StudyFolder.find(study, runs) for study in options.warm_start)
        given = None
        if str(options.band) != REFERENCE:
            given = GivenBand.read(options.band, space.widths)
        recipe = load_recipe(options.recipe, options.epochs, options.precision)
        dataset = load_dataset(options.data, **options.reading)
        folds = folds_of(options, dataset)
        recipe = recipe.scaled_to(len(dataset.parts.train), options.effort.trial_share(folds))
        conditions = dataset.conditions
        space = for_conditions(space, 0 if conditions is None else conditions.width)
        if dataset.classes or dataset.several:
            recipe = replace(recipe, loss=task_of(dataset).loss_name(recipe.loss))
            space = without_outputs(space, task_of(dataset).heads)
            outputs: Mapping[str, str] = {}
        else:
            space, outputs = suited(space, dataset.targets[dataset.parts.train])
        vectors = {name: element_vectors(name) for name in space.vector_names}
        for name, table in vectors.items():
            check_covered(dataset.table, table, name)
        probe = choose_probe(dataset, options.probe, options.seed)
        if given is not None:
            given.check_comparable(probe)
        if check_rule(rungs) == "nondominated" and given is not None:
            raise OptionError(
                "--rungs nondominated compares with reference networks at each rung, and a given "
                "--band has none. Leave --band out, or use --rungs mae."
            )
        return cls(
            space,
            recipe,
            dataset,
            vectors,
            probe,
            given,
            options.seed,
            options.sampler,
            options.minimised(dataset.task),
            options.limits,
            warm,
            rungs,
            options.effort,
            folds,
            outputs,
            options.verdict,
        )

    @property
    def rung_epochs(self) -> tuple[int, ...]:
        """Epochs at which trials pause; empty if rungs are off."""
        return () if self.rungs == OFF else rung_epochs(self.recipe.epochs)

    @property
    def notes(self) -> list[str]:
        """What a user should know of the data: the short form of `fusionnas inspect`."""
        rows = len(development_rows(self.dataset.parts))
        folds = [
            f"Folds: every network is trained {search_folds(self.folds)} times, in the final "
            f"training {self.folds} times, and judged by all {rows:,} rows of the training and the "
            "validation part."
        ]
        told = folds if self.folds else []
        told += [f"Output '{kind}' is tried: {why}." for kind, why in self.outputs.items()]
        return [*_inspected(self.dataset), *told, f"Probe: {self.probe.note}"]

    def warm_starts(self) -> list[Architecture]:
        """The portfolio or the named architectures that the space begins with, each network once.

        After the first one follow its variants with each output that is tried for this target.
        """
        names = self.space.warm_start
        named = (
            self.space.fitted(architecture)
            for name in (architecture_names() if names is None else names)
            for architecture in named_or_portfolio(name)
        )
        fitted = [architecture for architecture in named if architecture is not None]
        fitted[1:1] = [
            replace(first, output=ComponentSpec(output), name=f"{first.name} with {output}")
            for first in fitted[:1]
            for output in self.outputs
        ]
        found: dict[str, Architecture] = {}
        for architecture in fitted:
            parameters = self.space.parameters_of(architecture)
            found.setdefault(str(sorted(parameters.items())), architecture)
        return list(found.values())

    def carried(self, folder: StudyFolder) -> tuple[list[FirstTrial], list[str]]:
        """First trials from other studies, before the named architectures, and words about them."""
        measured = self.limits.latency_bound(self.objectives) is not None
        new = NewStudy(
            self.space,
            self.dataset.fingerprint,
            self.recipe,
            self.probe,
            measured,
            self.seed,
            self.folds,
        )
        return warm_start(folder, self.warm, new)

    def band_source(self) -> BandSource:
        """The source of the target band: a given band, or reference networks to train."""
        return self.given_band or References(self.space, self.seed)

    def resuming(self, folder: StudyFolder) -> Ingredients:
        """With what the resumed study has where nothing was given now.

        That is the unit, or those of its targets; and the epochs of a trial, which another quality
        would choose otherwise.
        """
        recipe, epochs = self.recipe, folder.facts["recipe"].get("epochs", self.recipe.epochs)
        if recipe.scale_epochs:
            recipe = replace(recipe, epochs=epochs)
        recorded, columns = folder.facts["data"], self.dataset.several
        unit = self.dataset.unit or recorded["unit"]
        if not any(column.unit for column in columns):
            units = {one["target"]: one["unit"] for one in recorded.get("targets", ())}
            columns = tuple(replace(one, unit=units.get(one.name, "")) for one in columns)
        dataset = replace(self.dataset, unit=unit, several=columns)
        return replace(self, dataset=dataset, recipe=recipe)

    def _data_facts(self) -> dict[str, Any]:
        facts = data_facts(self.dataset)
        if self.folds:  # networks are also trained on the validation part
            known = self.dataset.table.take(development_rows(self.dataset.parts))
            facts["elements_seen"] = " ".join(SYMBOLS[z] for z in known.elements())
        return facts

    def facts(self, name: str | None) -> dict[str, Any]:
        """The content of study.yaml for a new study."""
        return {
            "id": uuid.uuid4().hex,
            "name": name or _default_name(self.dataset.name, self.space.name),
            "created": datetime.now().isoformat(timespec="seconds"),
            "command": command_line(),
            "space": {
                "name": self.space.name,
                "hash": self.space.hash,
                "settings": self.space.size,
                "definition": self.space.to_plain(),
            },
            "data": self._data_facts(),
            "recipe": self.recipe.to_dict(),
            "probe": {"name": self.probe.name, "hash": self.probe.hash, "note": self.probe.note},
            "band": self.given_band.facts if self.given_band else {"name": REFERENCE, "hash": None},
            "seed": self.seed,
            "sampler": self.sampler,
            "verdict": self.verdict,
            "objectives": list(self.objectives),
            "limits": self.limits.to_dict(),
            "rungs": self.rungs,
            "quality": self.quality.name,
            "folds": self.folds,
            "warm_start": [source.facts["id"] for source in self.warm],
            "versions": versions(),
        }


def open_folder(
    ingredients: Ingredients,
    runs: Path,
    name: str | None,
    resume: bool,
    storage: str | None = None,
) -> StudyFolder:
    """The folder of a new study, or of the study to resume.

    `storage` is the URL of a database for the study; None is study.db, or for a resumed study its
    own storage.

    Raises:
        OptionError, StudyError: the name cannot be used, the study exists already or cannot be
            written, there is none to resume, or a setting has changed.
    """
    facts = ingredients.facts(name)
    if storage is not None:
        # the same database may have a study of that name for another folder
        own = f"{facts['name']}-{facts['id'][:8]}"
        facts["storage"] = {"url": without_password(storage), "study": own}
    if not resume:
        check_new_name(facts["name"], runs)
        folder = StudyFolder(runs / facts["name"])
        given = ingredients.given_band
        folder.create(facts, None if given is None else given.band)
    elif name is None:
        folder = StudyFolder.newest(runs, facts["space"]["hash"], facts["data"]["fingerprint"])
    else:
        folder = StudyFolder.find(name, runs)
    if resume:
        if storage is None:
            facts["storage"] = folder.facts.get("storage")
        ingredients = ingredients.resuming(folder)
        facts |= {"data": ingredients._data_facts(), "recipe": ingredients.recipe.to_dict()}
        check_same(folder, facts)
    try:
        folder.write_probe(ingredients.probe.table)
        folder.write_data(ingredients.dataset)
    except OSError as e:
        raise StudyError(f"The study folder {folder.path} cannot be written: {cause_of(e)}") from e
    return folder


def _inspected(dataset: Dataset) -> list[str]:
    """What stands out in the data; of several targets, what concerns one begins with its name."""
    found = inspect_dataset(dataset, nearness=False)
    told = [found.summary, *found.target_lines(dataset.target, dataset.unit)]
    if not dataset.several:
        told = [f"{found.summary}; target {found.target_words(dataset.unit)}"]
    return [*told, *(one.words for one in found.findings if one.warns or one.name in SHORT)]


def folds_of(options: SearchOptions, dataset: Dataset) -> int:
    """Number of folds for the networks; 0 is none, for example if rungs stop trainings early."""
    if str(options.folds) == AUTO and options.rungs != OFF:
        return 0
    count = fold_count(options.folds, dataset, options.seed)
    if count and options.rungs != OFF:
        raise OptionError(
            "--rungs stops trainings early, and --folds trains each network several times; "
            "use only one of the two."
        )
    return count


def _default_name(data: str, space: str) -> str:
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in f"{data}-{space}")
    return f"{safe}-{datetime.now():%Y%m%d-%H%M%S}"
