"""A fair comparison of the best proposals of two sides. NumPy only.

The best of many tries has a lower error than the best of few, whoever proposes them. So two sides
are compared at an equal number of tries, and with what chance alone would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np


@dataclass(frozen=True, slots=True)
class BestOf:
    """The lowest error among `tries` draws."""

    tries: int
    mean: float
    low: float  # the central 90%
    high: float


def best_of(errors: np.ndarray, tries: int) -> BestOf:
    """The lowest of `tries` draws, with replacement, from the errors of finished proposals.

    The result is exact, the limit of infinitely many bootstrap draws: the lowest draw is at most
    the i-th lowest of r errors with probability 1 - (1 - i/r)^tries. There is no information below
    the lowest error, so the result is too high for `tries` above r; the caller must avoid that.

    Args:
        errors: (r,), infinite for a proposal that failed; at least one is finite. The mean is
            over draws with at least one finite error.
        tries: from 1 to r.
    """
    ranked = np.sort(errors)
    r = len(ranked)
    reached = 1 - (1 - np.arange(1, r + 1) / r) ** tries  # P(best <= ranked[i])
    weight = np.diff(reached, prepend=0.0)
    finite = np.isfinite(ranked)
    mean = float((weight * np.where(finite, ranked, 0)).sum() / weight[finite].sum())
    low, high = (float(ranked[np.searchsorted(reached, q)]) for q in (0.05, 0.95))
    return BestOf(tries, mean, low, high)


def chance_of_rank(better: int, theirs: int, ours: int) -> float:
    """The chance that our best proposal ranks this high if both sides are equally good.

    This is a permutation test. If all `ours` + `theirs` proposals come from the same distribution,
    at most `better` of theirs are below our best unless the `better` + 1 lowest of all are theirs:
    1 - C(theirs, better + 1) / C(theirs + ours, better + 1). With ours = 6, theirs = 12 and
    better = 0 it is 1/3, so having the best proposal says little.
    """
    if better >= theirs:
        return 1.0
    return 1 - comb(theirs, better + 1) / comb(theirs + ours, better + 1)
