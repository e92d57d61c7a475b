"""The contenders of a comparison: networks, and the yardsticks of the first study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.errors import BundleError
from fusionnas.insight.comparison.budget import final_trainings, in_trainings
from fusionnas.insight.comparison.judged import Judged
from fusionnas.insight.comparison.sides import counted_trials
from fusionnas.insight.comparison.test_set import TestSet
from fusionnas.insight.known_data import KnownData
from fusionnas.models.baselines.yardsticks import CONSTANTS, REFERENCE, label_of
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching.reference_runs import ReferenceRun
from fusionnas.statistics.temperature import at_temperature
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.trained_network import TrainedNetwork
from fusionnas.tasks.kinds import is_classifier, stored_task


@dataclass(frozen=True, slots=True)
class Contender:
    """Predictions for the test set, with facts about their cost."""

    name: str
    kind: str  # study, bundle, trial or yardstick
    predictions: np.ndarray  # (N,), in the unit of the target; probabilities of classes
    facts: Mapping[str, Any] = field(default_factory=dict)  # parameters, trials, seconds, line


def of_network(network: TrainedNetwork, test: TestSet) -> Contender:
    """A bundle, or a study's recommended network with the cost of its search."""
    manifest = network.manifest
    key = stored_task(manifest).error.key("val")
    facts: dict[str, Any] = {
        "line": manifest.get("line"),
        "parameters": network.parameters,
        key: manifest.get("metrics", {}).get(key),
    }
    if network.study is not None:
        summary = network.study.summary()
        facts |= {
            "trials": len(counted_trials(network.study)),
            "final": in_trainings(final_trainings(network.study)),
            "search_seconds": summary["search_seconds"],
        }
    kind = "bundle" if network.study is None else "study"
    value = network.predict(test.read_by(network.predictor.conditions)).value
    return Contender(network.name, kind, _own(value, manifest), facts)


def _own(value: np.ndarray, manifest: Mapping[str, Any]) -> np.ndarray:
    """Probabilities before their temperature, which test compositions chose; numbers as given."""
    found = manifest.get("temperature")
    return value if found is None else at_temperature(value, 1 / float(found["value"]))


def of_stored(
    study: Judged, place: Path, name: str, test: TestSet, facts: Mapping[str, Any]
) -> Contender | None:
    """A network stored in the folder `place` of a study; None if its weights were not kept."""
    try:
        value, parameters = _stored(study, place, test)
    except BundleError:
        if (place / WEIGHTS).is_file():
            raise
        return None
    return Contender(name, "trial", value, {"parameters": parameters, **facts})


def yardsticks_of(
    study: Judged, known: KnownData, test: TestSet
) -> tuple[list[Contender], list[str]]:
    """Yardsticks of a study for the test set, and notes on those without predictions.

    Args:
        study: the study, or one of its targets.
        known: its data.
        test: the test set.
    """
    found, notes = [], []
    stored = [one for one in study.yardsticks() if one.name not in CONSTANTS]
    place = _places(test.keys, known)
    if place is not None:
        found = [Contender(label_of(o.name), "yardstick", o.predictions[place]) for o in stored]
    elif stored:
        told = study.test_errors()
        errors = ", ".join(
            f"{label_of(o.name)} {told[o.name]:.4g}" for o in stored if o.name in told
        )
        notes.append(
            "Yardsticks with trees have no predictions for this test set; on the test part of "
            f"{study.folder.name} their {study.task.error.label} was: {errors}."
        )
    widest = _widest_global(study.folder)
    if widest is not None:
        value, parameters = _stored(study, widest.path, test)
        found.append(Contender(label_of(REFERENCE), "yardstick", value, {"parameters": parameters}))
    found.append(Contender(*_constant(study, known, len(test.table))))
    return found, notes


def _constant(study: Judged, known: KnownData, rows: int) -> tuple[str, str, np.ndarray]:
    """Name, kind and predictions of the yardstick that predicts the same for every row."""
    stored = [one for one in study.yardsticks() if one.name in CONSTANTS]
    if stored and len(stored[0].predictions):
        value, name = stored[0].predictions[0], stored[0].name
    else:  # studies of an earlier version stored none
        targets = study.task.as_values(known.targets[known.where("train", "val")])
        value = np.asarray(study.task.best_constant(targets))
        name = "shares" if is_classifier(study.folder.facts["data"]) else "median"
    return label_of(name), "yardstick", np.broadcast_to(value, (rows, *np.shape(value)))


def _widest_global(folder: StudyFolder) -> ReferenceRun | None:
    """The global reference among a study's yardsticks, or None if it trained none."""
    mine = [run for run in folder.references() if run.side == "global" and run.usable]
    return max(mine, key=lambda run: (run.width, -run.seed), default=None)


def _stored(study: Judged, path: Path, test: TestSet) -> tuple[np.ndarray, int]:
    """Predictions of a network that a study stored, and its number of parameters."""
    return study.predictions(path, test.read_by(study.folder.conditions))


def _places(wanted: np.ndarray, known: KnownData) -> np.ndarray | None:
    """Position of each row, by its key, in the test part of `known`; None if one is missing."""
    tested = known.keys[known.where("test")]
    order = np.argsort(tested, kind="stable")
    place = np.searchsorted(tested[order], wanted).clip(max=len(tested) - 1)
    found = order[place]
    return found if (tested[found] == wanted).all() else None
