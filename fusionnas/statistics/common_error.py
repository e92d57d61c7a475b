"""The part of the error that all rows have in common, beside their stated errors.

Symbols: N rows, r the residual of a row about a model, s its stated standard deviation, t the
common part, all in the unit of the target. b = sqrt(s^2 + t^2) is the scale of a row.
"""

from __future__ import annotations

import math

import numpy as np

_RANGE = 1e3  # t is searched within this factor of the median residual


def common_error(residuals: np.ndarray, errors: np.ndarray) -> float:
    """The common part t with the highest likelihood, with residuals that follow a Laplace
    distribution of standard deviation b.

    A Laplace distribution belongs to the absolute error, which the losses use; a few far residuals
    change t little. t is 0 if the errors alone are larger than the residuals.

    Args:
        residuals: r, (N,).
        errors: s, (N,), positive.
    """
    from scipy.optimize import minimize_scalar

    size = np.abs(residuals)
    middle = float(np.median(size)) or float(size.mean())
    if middle == 0:
        return 0.0

    def loss(t: float) -> float:
        """The negative log likelihood, without its constant."""
        b = np.hypot(errors, t)
        return float((np.log(b) + math.sqrt(2) * size / b).sum())

    found = minimize_scalar(
        lambda log_t: loss(math.exp(log_t)),
        bounds=(math.log(middle / _RANGE), math.log(middle * _RANGE)),
        method="bounded",
    )
    t = math.exp(found.x)
    return t if loss(t) < loss(0.0) else 0.0
