"""What the best of several proposals is worth: NumPy alone.

The best of many tries is lower than the best of few, whoever proposes them. So two sides are
compared at an equal number of tries, and against luck.
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

    Exact, as the limit of infinitely many bootstrap draws: no draw is above the i-th lowest of r
    errors with probability 1 - (1 - i/r)^tries. It knows nothing below the lowest error, so that
    `tries` beyond r would promise too little; the caller sees to that.

    Args:
        errors: (r,), infinite for a proposal that failed; at least one is finite. The mean is
            over draws that hold a finite one.
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
    """The chance that our best proposal ranks as well as it did if ours were like theirs.

    With all `ours` + `theirs` proposals drawn from one and the same distribution, the number of
    theirs that are below our best is `better` or fewer unless the `better` + 1 lowest of all are
    theirs: 1 - C(theirs, better + 1) / C(theirs + ours, better + 1). A permutation test; with
    ours = 6, theirs = 12 and better = 0 it is 1/3, so that to have the best says little.
    """
    if better >= theirs:
        return 1.0
    return 1 - comb(theirs, better + 1) / comb(theirs + ours, better + 1)
