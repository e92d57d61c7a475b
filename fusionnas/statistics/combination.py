"""How the values of several members become one: a weighted mean or a weighted median.

Symbols: K members, N compounds, w a member's weight. The mean is the best guess for a squared
error of members that err independently; the median is not moved by one member that is far off.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Combination = Literal["mean", "median"]
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)
_EQUAL = 1e-12  # shares of the weight closer than this are the same


def combine(values: np.ndarray, weights: np.ndarray, how: Combination) -> np.ndarray:
    """One value a compound, (N,).

    Args:
        values: of the members, (K, N).
        weights: theirs, (K,), not negative, with the sum 1.
        how: mean or median.
    """
    return weights @ values if how == "mean" else weighted_median(values, weights)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The value with half of the weight on either side, (N,).

    Where exactly half of the weight ends at a value, it is the middle between this and the next
    one, so that with equal weights it is the ordinary median.

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
