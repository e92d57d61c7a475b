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


def mae_interval(errors: np.ndarray, resamples: int = 1000) -> tuple[float, float]:
    """The 95% interval of a mean absolute error, by the bootstrap over compounds.

    Args:
        errors: prediction minus target, (N,).
        resamples: drawn with a fixed seed, so that the same errors give the same interval.
    """
    rng, size = np.random.default_rng(0), np.abs(errors)
    means = [size[rng.integers(len(size), size=len(size))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def skill(error: float, median_error: float) -> float:
    """1 - MAE / MAE of the predictor that always says the training median.

    0 is no better than the median; a median predictor without error leaves nothing to gain and
    counts as 0.
    """
    return 1 - error / median_error if median_error > 0 else 0.0
