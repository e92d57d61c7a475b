"""Regression of several targets: each is scaled and scored by itself, and gaps count for nothing.

Symbols: N rows, T targets, y (N, T) with NaN for gaps, p predictions of them, m (T,) the medians of
the training part. The error, the relative MAE, is the mean over targets of MAE / MAE of the median,
so that no target counts more because of its unit. It is 1 for the medians themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.statistics.metrics import mae, rmse
from fusionnas.tasks.loss import Loss
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    from torch import Tensor

RELATIVE_MAE = "relative_mae"
# what a reader must know about this error
MEANING = "The relative MAE is the mean over targets of MAE / MAE of the median, which has 1."


def multi_target(names: Sequence[str], medians: np.ndarray) -> Task:
    """The task of learning T targets together.

    Args:
        names: the T targets.
        medians: m (T,).
    """
    relative = partial(_relative_errors, medians=medians)
    return Task(
        losses={name: over_known(loss) for name, loss in REGRESSION.losses.items()},
        fit_scale=Scaler.fit_each,
        decode=REGRESSION.decode,
        error=Metric(
            RELATIVE_MAE,
            "relative MAE",
            lambda predicted, target: float(relative(predicted, target).mean()),
            relative,
        ),
        beside=tuple(
            Metric(f"{kind}/{name}", f"{label} of {name}", of_one(measure, place))
            for place, name in enumerate(names)
            for kind, label, measure in (("mae", "MAE", mae), ("rmse", "RMSE", rmse))
        ),
        ways=REGRESSION.ways,
        best_constant=partial(np.nanmedian, axis=0),
        least_skill=REGRESSION.least_skill,
        residuals=_residuals,
        heads=len(names),
    )


def over_known(loss: Loss) -> Loss:
    """A loss (B, T) whose mean is that over all known values; `error` (B, T) is NaN at gaps.

    A gap gets an error and a log-scale of 0, for which both losses of a regression are 0.
    """

    def of(error: Tensor, log_scale: Tensor) -> Tensor:
        import torch

        known = ~error.isnan()
        zero = torch.zeros_like(error)
        value = loss(torch.where(known, error, zero), torch.where(known, log_scale, zero))
        return value * (known.numel() / known.sum())

    return of


def of_one(
    measure: Callable[[np.ndarray, np.ndarray], float], place: int
) -> Callable[[np.ndarray, np.ndarray], float]:
    """A metric of one target, for predictions and targets (N, T), over the rows that have it."""

    def of(predicted: np.ndarray, target: np.ndarray) -> float:
        known = np.isfinite(target[:, place])
        own = np.broadcast_to(predicted, target.shape)[known, place]
        return measure(own, target[known, place])

    return of


def _relative_errors(predicted: np.ndarray, target: np.ndarray, medians: np.ndarray) -> np.ndarray:
    """Losses of the rows, (..., N), whose mean is the error; predictions are (..., N, T)."""
    known = np.isfinite(target)
    rows, count = np.maximum(known.sum(axis=0), 1), target.shape[1]
    of_median = np.where(known, np.abs(target - medians), 0.0).sum(axis=0) / rows
    weight = known / np.where(of_median > 0, of_median, 1.0) * (len(target) / rows / count)
    return (np.where(known, np.abs(predicted - target), 0.0) * weight).sum(axis=-1)


def _residuals(
    network: Callable[..., Any], inputs: Any, target: Tensor, scaler: Scaler
) -> tuple[Tensor, Tensor, None]:
    """Errors, NaN at gaps, and log-scales, (B, T) each."""
    value, log_scale = network(inputs)
    return value - target, log_scale, None
