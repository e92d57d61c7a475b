"""A trained network of one target on the test part of its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.scaling import Scaler
from fusionnas.models.class_correction import at_the_temperature, corrected_classes
from fusionnas.models.class_words import class_usefulness
from fusionnas.models.predictor import Predictor
from fusionnas.models.usefulness import measured_on, usefulness
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.calibration import Calibrated, fit_and_check
from fusionnas.tasks.kinds import task_of


@dataclass(frozen=True, slots=True)
class Judged:
    """What the test part says about a network."""

    metrics: dict[str, Any]  # in the unit of the target, with what it can be used for
    facts: dict[str, Any]  # about its output, such as the temperature of its probabilities
    corrected: Calibrated | None  # correction of its intervals, if there is one


def judged(predictor: Predictor, dataset: Dataset, scaler: Scaler, correct: bool = True) -> Judged:
    """Judge a network on the test part.

    Args:
        predictor: the network.
        dataset: its data, with one target.
        scaler: the scale of its output.
        correct: whether the test part may correct its intervals or probabilities.
    """
    test, task = dataset.parts.test, task_of(dataset)
    found, target = predictor.mixture(dataset.table.take(test)), dataset.targets[test]
    predicted, groups = found.value, dataset.test_groups
    metrics: dict[str, Any] = dict(task.scores("test", predicted, target, dataset.weights_of(test)))
    if dataset.classes:
        metrics["usefulness"] = class_usefulness(dataset, predicted)
        if not correct:
            return Judged(metrics, {}, None)
        facts, corrected = corrected_classes((predicted, target), groups=groups)
        return Judged(metrics, at_the_temperature(scaler, facts), corrected)
    errors = np.abs(predicted - target)
    metrics["test_mae_interval"] = mean_intervals(errors[None], groups=groups)[0].tolist()
    metrics["usefulness"] = usefulness(measured_on(dataset, predicted), "The network").to_dict()
    return Judged(metrics, {}, fit_and_check(found, target, groups=groups) if correct else None)
