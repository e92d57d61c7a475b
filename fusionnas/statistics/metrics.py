"""Errors of predictions, in the unit of the target."""

from __future__ import annotations

import numpy as np


def absolute_errors(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The absolute error of each row, (..., N)."""
    return np.abs(prediction - target)


def mae(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.abs(prediction - target).mean())


def rmse(prediction: np.ndarray, target: np.ndarray) -> float:
    """Root mean square error."""
    return float(np.sqrt(((prediction - target) ** 2).mean()))


def r2(prediction: np.ndarray, target: np.ndarray) -> float:
    """1 minus the ratio of squared error to variance; NaN where the targets are all the same."""
    variance = ((target - target.mean()) ** 2).mean()
    return float(1 - rmse(prediction, target) ** 2 / variance) if variance > 0 else float("nan")
