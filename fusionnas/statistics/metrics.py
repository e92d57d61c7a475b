"""Errors of predictions, in the unit of the target."""

from __future__ import annotations

import numpy as np

COLLAPSED_SKILL = 0.02  # a network with less skill than this has learned nothing


def mae(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.abs(prediction - target).mean())


def rmse(prediction: np.ndarray, target: np.ndarray) -> float:
    """Root mean square error."""
    return float(np.sqrt(((prediction - target) ** 2).mean()))


def skill(error: float, median_error: float) -> float:
    """1 - MAE / MAE of the predictor that always says the training median.

    0 is no better than the median; a median predictor without error leaves nothing to gain and
    counts as 0.
    """
    return 1 - error / median_error if median_error > 0 else 0.0
