"""Takes over results of other studies: finished trials as they are, or their front to repeat."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.trial import FixedTrial

from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.vector import Cecv
from fusionnas.data.folds import search_folds
from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.first_trials import FirstTrial
from fusionnas.searching.records import CARRIED, TrialRecord, records_of
from fusionnas.searching.result_file import read_result
from fusionnas.searching.selection import front
from fusionnas.searching.setting import vector_provenance
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import StudyFolder
from fusionnas.training.recipe import Recipe

PLAN = "warm_start.json"


@dataclass(frozen=True, slots=True)
class NewStudy:
    """The settings that decide whether the trials of another study are valid for this one."""

    space: SearchSpace
    fingerprint: str  # fingerprint of the data and their split
    recipe: Recipe
    probe: ProbeSet
    needs_latency: bool
    seed: int  # draws the folds
    folds: int = 0

    def differs_from(self, facts: Mapping[str, Any]) -> str | None:
        """The settings in which the study with these facts differs, in words; None if in none."""
        pairs = {
            "data": (facts["data"]["fingerprint"], self.fingerprint),
            "recipe": (dict(facts["recipe"]), self.recipe.to_dict()),
            "probe": (facts["probe"]["hash"], self.probe.hash),
            "folds": (
                self._folds(facts.get("folds", 0), facts.get("seed", 0)),
                self._folds(self.folds, self.seed),
            ),
        }
        found = [name for name, (theirs, ours) in pairs.items() if theirs != ours]
        return " and ".join(found) or None

    @staticmethod
    def _folds(final: int, seed: int) -> tuple[int, int | None]:
        """The folds of trials, which have fewer than the final training, and what draws them."""
        return search_folds(final), seed if final else None

    def answered_by(self, result: Mapping[str, Any] | None) -> bool:
        """Whether a trial's result has all the fields that this study needs."""
        if result is None or result["state"] != TrialState.DONE:
            return False
        same = Cecv.from_dict(result["cecv"]).provenance == vector_provenance(self.probe)
        return same and not (self.needs_latency and "latency_ms" not in result)

    def place(self, record: TrialRecord) -> tuple[Architecture | None, str]:
        """A trial's architecture if this space can propose it, otherwise the reason why not."""
        architecture = self.space.with_condition(Architecture.from_dict(record.architecture))
        architecture = replace(architecture, heads=self.space.heads)
        try:
            parameters = self.space.parameters_of(architecture)
            proposed = self.space.suggest(FixedTrial(parameters))
        except ArchitectureError as e:
            return None, str(e).partition(":")[0]
        if identity(proposed) != identity(architecture):
            return None, "what the space fixes"
        return architecture, ""


def warm_start(
    folder: StudyFolder, sources: Sequence[StudyFolder], new: NewStudy
) -> tuple[list[FirstTrial], list[str]]:
    """First trials from other studies, and sentences about them.

    The plan is stored in the folder, so that a resumed search has the same first trials even if the
    source studies have changed.
    """
    path = folder.path / PLAN
    if path.is_file():
        plan = json.loads(path.read_text(encoding="utf-8"))
        return [FirstTrial.from_dict(row) for row in plan["trials"]], []
    found: dict[str, FirstTrial] = {}
    notes = []
    for source in sources:
        notes.append(_take_from(source, new, found))
    trials = list(found.values())
    if sources:
        folder.write_json(PLAN, {"trials": [trial.to_dict() for trial in trials]})
    return trials, notes


def _take_from(source: StudyFolder, new: NewStudy, found: dict[str, FirstTrial]) -> str:
    """Add the trials of one study to `found`, by identity; returns a sentence about it."""
    records = records_of(source.open_study())
    difference = new.differs_from(source.facts)
    offered = front(records) if difference else [r for r in records if r.state == TrialState.DONE]
    left_out: Counter[str] = Counter()
    taken = 0
    for record in offered:
        architecture, why = new.place(record)
        origin, folder = f"warm:{source.name}/{record.number}", None
        if architecture is not None and difference is None:
            folder = source.trial(record.number).absolute()
            origin = f"{CARRIED}{source.name}/{record.number}"
            if not new.answered_by(read_result(folder)):
                architecture, why = None, "an incomplete record"
        if architecture is not None and identity(architecture) in found:
            architecture, why = None, "taken already"
        if architecture is None:
            left_out[why] += 1
            continue
        found[identity(architecture)] = FirstTrial(architecture, origin, folder)
        taken += 1
    how = (
        f"{taken} of {len(offered)} networks of its front are trained again first (another "
        f"{difference})"
        if difference
        else f"{taken} of {len(offered)} finished trials are taken over without training"
    )
    reasons = ", ".join(f"{why} ({count})" for why, count in left_out.most_common())
    return f"Warm start from '{source.name}': {how}{f'; left out: {reasons}' if reasons else ''}."
