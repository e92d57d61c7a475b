"""Paired bootstrap of mean absolute errors. NumPy only.

Symbols: K networks, N test compositions, B draws. Each draw is N compositions with replacement, the
same ones for every network, so the difficulty of a composition cancels in a difference.
Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 16.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DRAWS = 10_000
CELLS = 4_000_000  # the largest number of counts in memory at a time
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One network's MAE minus another's."""

    value: float
    interval: Interval  # central 95% of the draws
    p: float  # two-sided, for no difference


def groups_of(labels: np.ndarray) -> np.ndarray | None:
    """The number of the composition of each row, (N,); None if each row has its own.

    Args:
        labels: (N,), equal for rows of one composition, such as keys or formulas.
    """
    found, group = np.unique(labels, return_inverse=True)
    return group if len(found) < len(labels) else None


def bootstrap_means(
    errors: np.ndarray, seed: int, draws: int = DRAWS, groups: np.ndarray | None = None
) -> np.ndarray:
    """Means (B, K) of errors (K, N) over B draws of the N compositions.

    Where a composition has several rows, `groups` (N,) numbers the compositions, which are drawn
    with all their rows.
    """
    sizes = None
    if groups is not None:
        sizes = np.bincount(groups)
        errors = np.stack([np.bincount(groups, row, len(sizes)) for row in errors])
    compositions = errors.shape[1]
    rng = np.random.default_rng(seed)
    chunk = max(1, CELLS // compositions)
    means = []
    for start in range(0, draws, chunk):
        size = min(chunk, draws - start)
        drawn = rng.integers(0, compositions, (size, compositions))
        drawn += np.arange(size)[:, None] * compositions  # each draw is counted in its own row
        counts = np.bincount(drawn.ravel(), minlength=size * compositions)
        counts = counts.reshape(size, compositions)
        rows = compositions if sizes is None else (counts @ sizes)[:, None]
        means.append(counts @ errors.T / rows)
    return np.concatenate(means)


def interval(draws: np.ndarray) -> Interval:
    """The central 95% of draws (B,)."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def mean_intervals(
    errors: np.ndarray, seed: int = 0, groups: np.ndarray | None = None
) -> np.ndarray:
    """95% intervals (K, 2) of the means of errors (K, N), from the same draws.

    `groups` as for `bootstrap_means`.
    """
    tail = (1 - LEVEL) / 2
    return np.quantile(bootstrap_means(errors, seed, groups=groups), [tail, 1 - tail], axis=0).T


def difference(errors: np.ndarray, means: np.ndarray, one: int, other: int) -> Difference:
    """The MAE of network `one` minus that of network `other`; negative if `one` is better.

    Args:
        errors: absolute errors (K, N).
        means: the means of the draws, (B, K).
        one, other: rows of `errors`.
    """
    drawn = means[:, one] - means[:, other]
    value = float(errors[one].mean() - errors[other].mean())
    # draws on the other side of zero; never quite 0, since the observed sample is one of them
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p = min(1.0, 2 * (int(beyond) + 1) / (len(drawn) + 1))
    return Difference(value, interval(drawn), p)


def holm(ps: np.ndarray) -> np.ndarray:
    """p values (M,) corrected for M comparisons (Holm, Scand. J. Stat. 6 (1979) 65)."""
    order = np.argsort(ps, kind="stable")
    scaled = ps[order] * np.arange(len(ps), 0, -1)
    corrected = np.empty(len(ps))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return corrected
