"""Errors of predictions, in the unit of the target."""

from __future__ import annotations

import numpy as np


def mae(prediction: np.ndarray, target: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.abs(prediction - target).mean())


def rmse(prediction: np.ndarray, target: np.ndarray) -> float:
    """Root mean square error."""
    return float(np.sqrt(((prediction - target) ** 2).mean()))
