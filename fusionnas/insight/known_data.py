"""Compositions with known targets, and which of them a network was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.conditions import Conditions
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.bad_rows import note
from fusionnas.data.reading.classes import CLASSIFICATION, Classes
from fusionnas.data.sources import load_dataset
from fusionnas.data.stored_rows import stored_table
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.data.transport import BUILT_IN
from fusionnas.errors import (
    NO_DATA,
    BundleError,
    DataError,
    OptionError,
    StudyError,
    did_you_mean,
    without_effect,
)
from fusionnas.models.bundle import Bundle
from fusionnas.models.known_values import keys
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.trained_network import TrainedNetwork
from fusionnas.tasks.columns import values_of


@dataclass(frozen=True, slots=True)
class KnownData:
    """Compositions with targets and their parts of one split."""

    name: str
    target: str
    unit: str
    fingerprint: str
    table: CompositionTable  # (N,)
    targets: np.ndarray  # (N,) float64; (N, T) of several targets together
    part: np.ndarray  # (N,) train, val or test
    notes: tuple[str, ...] = ()  # about rows of their file that were skipped
    conditions: Conditions | None = None  # of the columns beside the formula, in the table
    classes: Classes = ()  # names of the classes whose codes the targets are

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> KnownData:
        frame = dataset.to_frame()
        # by their text, as in studies: a composition then has the same key from every source
        table = stored_table(frame, dataset.conditions, dataset.name)
        return cls(
            dataset.name,
            dataset.target,
            dataset.unit,
            dataset.fingerprint,
            table,
            dataset.targets,
            frame["part"].to_numpy(),
            (note(dataset.skipped),) if dataset.skipped else (),
            dataset.conditions,
            dataset.classes,
        )

    @classmethod
    def of_study(cls, folder: StudyFolder, target: str | None = None) -> KnownData:
        """The data of a study; of several targets the rows that have a value of `target`, or with
        None all rows and all targets (N, T), NaN where there is no value.

        Raises:
            StudyError: a study of an earlier version stored no data, or it has several targets, but
                not this one.
        """
        frame, facts = folder.data(), folder.facts["data"]
        table = stored_table(frame, folder.conditions, str(folder.data_file), first_row=2)
        values, told = values_of(frame, "target"), facts
        known = np.arange(len(frame))
        several = {one["target"]: one for one in facts.get("targets", ())}
        if several and target is not None:
            if target not in several:
                raise StudyError(
                    f"The study '{folder.name}' has several targets ({', '.join(several)}), none "
                    f"of which is '{target}'."
                )
            told, values = several[target], values[:, list(several).index(target)]
            known = np.flatnonzero(np.isfinite(values))
        return cls(
            folder.name,
            told["target"],
            told["unit"],
            facts["fingerprint"],
            table.take(known),
            values[known],
            frame["part"].to_numpy()[known],
            conditions=folder.conditions,
            classes=tuple(facts.get("classes", ())),
        )

    @property
    def cells(self) -> dict[str, list[str]]:
        """The cells (N,) of each condition by its name; empty for formulas alone."""
        if self.conditions is None or self.table.conditions is None:
            return {}
        return self.conditions.decode(self.table.conditions)

    @property
    def keys(self) -> np.ndarray:
        """What names each row (N,), by its composition and its conditions, in any source."""
        if self.conditions is None:
            return self.table.keys()
        return np.array(keys(self.table, self.conditions), dtype=str)

    def where(self, *parts: str) -> np.ndarray:
        """Row numbers of the compositions in these parts."""
        return np.flatnonzero(np.isin(self.part, parts))


def check_reading(data: Any, **reading: Any) -> None:
    """Check options of `load_dataset`; without data only defaults are allowed, which say nothing.

    Raises:
        OptionError: an option does not exist, or would have no effect.
    """
    offered = signature(load_dataset).parameters
    for name, value in reading.items():
        if name not in offered:
            raise OptionError(f"There is no option '{name}'; {did_you_mean(name, offered)}")
        if data is None and value != offered[name].default:
            raise without_effect(f"--{name.replace('_', '-')}", NO_DATA)


def load_known(
    source: str | Path,
    seed: int,
    classes: Classes = (),
    conditions: Conditions | None = None,
    **reading: Any,
) -> KnownData:
    """A data source, read as `load_dataset` reads it.

    `classes` are those of a network; the codes of the data are then those of the network. Without
    them the data must be numbers. `conditions` are those that a network reads beside the formula;
    they are read from the columns of their names.

    Raises:
        DataError: the data have another class, or lack a condition. OptionError: their target is
            none of the network.
    """
    if conditions is not None:
        reading["input_columns"] = conditions.columns_as_given
    if not classes:
        return KnownData.of_dataset(load_dataset(source, seed=seed, **reading).only_numbers("this"))
    dataset = load_dataset(source, seed=seed, task=CLASSIFICATION, **reading)
    if other := sorted(set(dataset.classes) - set(classes)):
        raise DataError(
            f"{dataset.name} has the class '{other[0]}', and the network knows "
            f"{', '.join(classes)}."
        )
    own = np.array([classes.index(name) for name in dataset.classes], dtype=float)
    codes = own[dataset.targets.astype(int)]
    return KnownData.of_dataset(replace(dataset, targets=codes, classes=classes))


def check_unit(given: KnownData, network: TrainedNetwork) -> None:
    """Raise BundleError if known values have another unit than a network's predictions."""
    if given.unit and network.unit and given.unit != network.unit:
        raise BundleError(
            f"{given.name} is in {given.unit}, and '{network.name}' predicts {network.target} in "
            f"{network.unit}."
        )


def trained_on(network: TrainedNetwork, runs: Path = RUNS) -> KnownData | None:
    """The data and the split of a network's training, if they are available.

    They are available from the network's study, from a study with the same data under `runs` or
    around the bundle, or from the package.
    """
    wanted = network.fingerprint
    if wanted is None:
        return None
    for folder in _studies(network, runs):
        try:
            if folder.facts["data"]["fingerprint"] == wanted:
                return KnownData.of_study(folder, network.target)
        except (StudyError, KeyError, TypeError):  # a fault of another study does not matter here
            continue
    name = network.manifest["data"].get("name")
    if name in BUILT_IN:
        known = load_known(name, int(network.manifest.get("origin", {}).get("seed", 0)))
        if known.fingerprint == wanted:
            return known
    return None


def training_compositions(network: TrainedNetwork) -> CompositionTable | None:
    """The training part stored in a bundle, by text as all known data."""
    kept = network.predictor.compositions
    return None if kept is None else encode_formulas(kept.formulas(), network.name)


def earlier_compositions(network: TrainedNetwork) -> list[CompositionTable]:
    """What the networks that a fine-tuning started from were trained on, by text."""
    members = network.predictor.members
    kept = [m.before for m in members if isinstance(m, Bundle) and m.before is not None]
    return [encode_formulas(one.formulas(), network.name) for one in kept]


def _studies(network: TrainedNetwork, runs: Path) -> Iterator[StudyFolder]:
    if network.study is not None:
        yield network.study
        return
    if network.path is not None and (network.path.resolve().parent / "study.yaml").is_file():
        yield StudyFolder(network.path.resolve().parent)
    for path in sorted(runs.glob("*/study.yaml")):
        yield StudyFolder(path.parent)
