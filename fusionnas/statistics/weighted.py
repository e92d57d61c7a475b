"""Weighted medians, and how equally weights are divided.

Symbols: N rows, G groups. Weights are positive; multiplying all by one factor changes nothing.
"""

from __future__ import annotations

import numpy as np

_HALF = 1e-9  # a cumulated share of the weight this near to one half counts as one half


def weighted_median(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The median of values (N,) with weights (N,), or the usual one without weights.

    A row of weight 2 counts like two rows. Where half of the weight lies on either side of two
    values, the median is their mean, as for equal weights.
    """
    if weights is None:
        return float(np.median(values))
    return float(group_medians(values, weights, np.zeros(len(values), dtype=np.int64), 1)[0])


def group_medians(
    values: np.ndarray, weights: np.ndarray, group: np.ndarray, groups: int
) -> np.ndarray:
    """The weighted median of each group, (G,).

    Args:
        values: (N,).
        weights: (N,), positive.
        group: group of each row, (N,), from 0; every group has a row.
        groups: G.
    """
    import pandas as pd

    total = np.bincount(group, weights, groups)
    order = np.lexsort((values, group))
    values, share, group = values[order], (weights / total[group])[order], group[order]
    # summed in each group alone: in one sum over all rows, rounding errors would reach _HALF
    reached = pd.Series(share).groupby(group).cumsum().to_numpy()
    last = np.cumsum(np.bincount(group, minlength=groups)) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    low = first + np.bincount(group, reached < 0.5 - _HALF, groups).astype(int)
    high = first + np.bincount(group, reached <= 0.5 + _HALF, groups).astype(int)
    return (values[low] + values[np.minimum(high, last)]) / 2


def effective_rows(weights: np.ndarray) -> float:
    """How many rows of equal weight carry as much information: (sum w)^2 / sum w^2.

    Kish, Survey Sampling (1965).
    """
    return float(weights.sum() ** 2 / (weights**2).sum())
