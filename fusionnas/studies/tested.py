"""The single evaluation on the test part: the recommended network, the predictor, yardsticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.stored_rows import condition_columns
from fusionnas.files.atomic import write_csv
from fusionnas.models.baselines.yardsticks import REFERENCE
from fusionnas.models.bundle import Bundle
from fusionnas.models.class_words import class_usefulness
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts
from fusionnas.models.target_words import use_of_all
from fusionnas.models.usefulness import measured_on, of_answer, usefulness
from fusionnas.searching.final_training import is_whole, network_folder
from fusionnas.searching.objectives import error_of
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.yardsticks import Computed, beside, computed, failed
from fusionnas.tasks.columns import columns_of
from fusionnas.tasks.kinds import task_of
from fusionnas.tasks.regression import REGRESSION


@dataclass(frozen=True, slots=True)
class Tested:
    """The results of the single evaluation on the test part."""

    target: str
    unit: str
    metrics: Mapping[str, float]  # scores of the recommended network, with the task's keys
    beside: Mapping[str, Any]  # comparison with yardsticks: `fusionnas.studies.yardsticks`
    # usefulness of `network` and `predictor` as plain data: `fusionnas.models.usefulness`
    usefulness: Mapping[str, Mapping[str, Any]]
    # of several targets the same facts about each, as in a summary: `_of_target`
    targets: Sequence[Mapping[str, Any]] = ()

    @property
    def use_words(self) -> str:
        """What the study's best model can be used for; empty for a study of version 0.1."""
        return str((of_answer(self.usefulness) or {}).get("words", ""))


def look_at_test_part(
    folder: StudyFolder,
    dataset: Dataset,
    chosen: TrialRecord,
    yardstick_reference: str | None,
    predictor: Mixture | None = None,
) -> Tested:
    """Test the recommended network, once; this writes test_predictions.csv.

    Args:
        folder: folder of the study.
        dataset: data of the study.
        chosen: trial whose architecture is recommended.
        yardstick_reference: key of the reference network that is one of the yardsticks.
        predictor: predictions of the study's ensemble for the test part, if there is one.
    """
    target, task = dataset.targets[dataset.parts.test], task_of(dataset)
    place = network_folder(folder.path, chosen.number)
    whole = is_whole(place)
    predicted, uncertainty = test_predictions(place, dataset)
    yardsticks = computed(folder.path)
    if yardstick_reference is not None:
        place = folder.path / yardstick_reference
        values, result = test_predictions(place, dataset)[0], read_result(place) or {}
        error = error_of(result) if result else None
        seconds = result.get("train_seconds")
        yardsticks.append(Computed(REFERENCE, values, error, seconds, result))
    found = {"prediction": predicted, "uncertainty": uncertainty}
    if predictor is not None:
        found |= {"predictor": predictor.value, "predictor_uncertainty": predictor.uncertainty}
    found |= {f"yardstick/{one.name}": one.predictions for one in yardsticks}
    _write_predictions(folder, dataset, found)
    weights = dataset.weights_of(dataset.parts.test)
    test = task.scores("test", predicted, target, weights)
    groups = dataset.test_groups
    why_not = failed(folder.path)
    told = beside(predicted, target, yardsticks, why_not, dataset.unit, task, groups, whole)
    joined = None if predictor is None else predictor.value
    if dataset.several:
        each = [
            _of_target(dataset, k, predicted, yardsticks, joined, whole)
            for k in range(len(dataset.several))
        ]
        uses = {name: use_of_all(each, name) for name in each[0]["usefulness"]}
        return Tested(dataset.target, dataset.unit, test, told, uses, each)
    uses = {"network": _use("The network", predicted, dataset, told)}
    if joined is not None:
        other = beside(joined, target, yardsticks, {}, dataset.unit, task, groups)
        uses["predictor"] = _use("The predictor", joined, dataset, other)
    return Tested(dataset.target, dataset.unit, test, told, uses)


def test_predictions(folder: Path, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and uncertainty of a stored network on the test part, in the target's unit."""
    bundle = Bundle.stored(folder, data_facts(dataset))
    found = Predictor(bundle).mixture_of_all(dataset.table.take(dataset.parts.test))
    return found.value, found.uncertainty


def _of_target(
    dataset: Dataset,
    place: int,
    predicted: np.ndarray,
    yardsticks: Sequence[Computed],
    joined: np.ndarray | None,
    whole: bool,
) -> dict[str, Any]:
    """One of several targets, on the test rows that have it, as in the study of one target.

    Args:
        dataset: data of all targets.
        place: of the target among them.
        predicted: predictions of the recommended network, (N, T).
        yardsticks: those of the study.
        joined: predictions of the ensemble, (N, T), if there is one.
        whole: whether the network was trained on the validation rows, too.
    """
    own = dataset.of_target(place)
    known = np.isfinite(dataset.targets[dataset.parts.test, place])
    truth, value = own.targets[own.parts.test], predicted[known, place]
    mine = [one.of_target(place, own.target, known) for one in yardsticks]
    groups = own.test_groups
    told = beside(value, truth, mine, {}, own.unit, groups=groups, whole=whole)
    uses = {"network": _use(f"{own.target}: The network", value, own, told)}
    if joined is not None:
        other = joined[known, place]
        beside_other = beside(other, truth, mine, {}, own.unit, groups=groups)
        uses["predictor"] = _use(f"{own.target}: The predictor", other, own, beside_other)
    errors = REGRESSION.row_errors(value, truth)
    interval = mean_intervals(errors[None], groups=groups)[0].tolist()
    return {
        "target": own.target,
        "unit": own.unit,
        "median": float(np.median(own.targets[own.parts.train])),
        "chosen": REGRESSION.scores("test", value, truth) | {"test_mae_interval": interval},
        "beside_yardsticks": told,
        "usefulness": uses,
    }


def _use(
    subject: str, predicted: np.ndarray, dataset: Dataset, told: Mapping[str, Any]
) -> dict[str, Any]:
    """What a model can be used for, from its predictions on the test part."""
    best = next((row for row in told["rows"] if row["name"] == told["best"]), None)
    if dataset.classes:
        return class_usefulness(dataset, predicted, subject, best)
    return usefulness(measured_on(dataset, predicted, best), subject).to_dict()


def _write_predictions(
    folder: StudyFolder, dataset: Dataset, predictions: Mapping[str, np.ndarray]
) -> None:
    import pandas as pd

    test = dataset.parts.test
    table = dataset.table.take(test)
    known: dict[str, Any] = {"formula": table.formulas()}
    known |= columns_of("target", dataset.targets[test], dataset.target_names)
    known |= condition_columns(table, dataset.conditions)
    for name, found in predictions.items():
        known |= columns_of(name, found, dataset.value_names)
    write_csv(folder.path / "test_predictions.csv", pd.DataFrame(known))
