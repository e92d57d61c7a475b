"""The combined value of several members: a weighted mean or a weighted median.

Symbols: K members, N compounds, w a member's weight. Values may have a further axis, such as
several targets. The mean is the best guess for a squared error if members err independently; the
median is not affected by one member that is far off.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Combination = Literal["mean", "median"]
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)
_EQUAL = 1e-12  # shares of the weight that differ by less count as equal


def combine(values: np.ndarray, weights: np.ndarray, how: Combination) -> np.ndarray:
    """One value per compound, (N,), or more with a further axis.

    Args:
        values: the members' values, (K, N) or (K, N, ...).
        weights: the members' weights, (K,), not negative, with the sum 1.
        how: mean or median.
    """
    flat = values.reshape(len(values), -1)
    found = weighted_median(flat, weights) if how == "median" else weights @ flat
    return found.reshape(values.shape[1:])


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The value with half of the weight on either side, (N,).

    If exactly half of the weight ends at a value, the median is the middle between this value and
    the next. So equal weights give the ordinary median.

    Args:
        values: (K, N).
        weights: (K,), not negative, with the sum 1.
    """
    kept = weights > 0
    values, weights = values[kept], weights[kept]
    order = np.argsort(values, axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    below = np.cumsum(weights[order], axis=0)  # (K, N) weight up to each value
    low = (below < 0.5 - _EQUAL).sum(axis=0)
    high = np.minimum((below < 0.5 + _EQUAL).sum(axis=0), len(values) - 1)
    columns = np.arange(values.shape[1])
    return (ranked[low, columns] + ranked[high, columns]) / 2
