"""Regression: a number is predicted, and the mean absolute error judges it."""

from __future__ import annotations

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.statistics.combination import COMBINATIONS
from fusionnas.statistics.metrics import absolute_errors, mae, rmse
from fusionnas.tasks.loss import LOSSES
from fusionnas.tasks.task import Metric, Task


def _in_unit(
    value: np.ndarray, log_scale: np.ndarray, scaler: Scaler
) -> tuple[np.ndarray, np.ndarray]:
    return scaler.restore(value), scaler.std * np.exp(log_scale)


REGRESSION = Task(
    losses=LOSSES,
    fit_scale=Scaler.fit,
    decode=_in_unit,
    error=Metric("mae", "MAE", mae, absolute_errors),
    beside=(Metric("rmse", "RMSE", rmse),),
    ways=COMBINATIONS,
    best_constant=np.median,
    least_skill=0.02,
)
