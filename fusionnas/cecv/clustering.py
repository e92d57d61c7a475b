"""Clusters of chemical environments. NumPy and SciPy only.

Symbols: a compound of n elements has an element feature matrix (EFM) F (n, d). N compounds of
equal n are a block (N, n, d). R is the correlation matrix of a compound's elements (n, n), and
P = n (n - 1) / 2 the number of its entries above the diagonal. t is a threshold, T their number.

The distance of two compounds of equal n is the largest |R_a - R_b|. The clustering vector is the
number of clusters of the compounds for each t (Du et al.).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fusionnas.cecv.correlation import Environments, Standardisation, environments
from fusionnas.cecv.rules import PAPER_SIZES, Rule, check_rule, count, groups
from fusionnas.errors import CECVError

THRESHOLDS: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40)


@dataclass(frozen=True, slots=True)
class Clustering:
    """Numbers of clusters by number of elements, and the compounds that were left out."""

    thresholds: tuple[float, ...]
    counts_by_n: Mapping[int, tuple[float, ...]]
    compounds: int  # clustered compounds
    too_small: int  # left out: one element, or two if their correlation is always -1
    degenerate: int  # left out: no channel distinguishes their elements

    @property
    def counts(self) -> tuple[float, ...]:
        """Clusters summed over n, (T,)."""
        return tuple(sum(column) for column in zip(*self.counts_by_n.values(), strict=True))


def cluster_counts(
    efms: Sequence[np.ndarray],
    thresholds: Sequence[float] = THRESHOLDS,
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> list[int] | list[float]:
    """The clustering vector of compounds with the given element feature matrices.

    Args:
        efms: one array (n_elements, channels) per compound, all with the same number of channels;
            `leader` and `paper` use their order.
        thresholds: ascending and positive.
        rule: the rule that forms clusters.
        standardise: over the elements of each compound, over all elements, or not at all.

    Returns:
        One integer for each threshold (`pairs`: one float, the effective number of clusters).

    Raises:
        CECVError: non-finite values, unequal channels, no compound that can be clustered,
            thresholds that do not ascend, or an unknown rule or standardisation.
    """
    by_n: dict[int, list[np.ndarray]] = {}
    for efm in efms:
        array = np.asarray(efm, dtype=np.float64)
        if array.ndim != 2:
            raise CECVError(
                "An element feature matrix must be (n_elements, channels), but one has the shape "
                f"{array.shape}."
            )
        by_n.setdefault(len(array), []).append(array)
    if len({efm.shape[-1] for rows in by_n.values() for efm in rows}) > 1:
        raise CECVError("All element feature matrices must have the same number of channels.")
    blocks = {n: np.stack(rows) for n, rows in sorted(by_n.items())}
    counts = cluster_blocks(blocks, thresholds, rule, standardise).counts
    return list(counts) if rule == "pairs" else [int(c) for c in counts]


def cluster_blocks(
    blocks: Mapping[int, np.ndarray],
    thresholds: Sequence[float] = THRESHOLDS,
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> Clustering:
    """Like `cluster_counts`, for blocks (N_n, n, d) by n; raises the same errors."""
    t = check_thresholds(thresholds)
    found = _environments(blocks, standardise, rule)
    weight = {
        n: len(x) / found.compounds if rule == "pairs" else 1.0 for n, x in found.entries.items()
    }
    counts = {
        n: tuple(weight[n] * count(x, n, threshold, rule) for threshold in t)
        for n, x in found.entries.items()
    }
    return Clustering(t, counts, found.compounds, found.too_small, found.degenerate)


def clusters(
    blocks: Mapping[int, np.ndarray],
    threshold: float,
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> dict[int, list[np.ndarray]]:
    """The clusters: for each n, the indices (size,) in its block, the leader first.

    Raises:
        CECVError: as in `cluster_counts`; also for `pairs`, which forms no clusters.
    """
    (t,) = check_thresholds([threshold])
    found = _environments(blocks, standardise, rule)
    return {
        n: [found.places[n][members] for members in groups(x, n, t, rule)]
        for n, x in found.entries.items()
    }


def check_thresholds(thresholds: Sequence[float]) -> tuple[float, ...]:
    """The thresholds as floats; raise CECVError unless they are positive and ascending."""
    t = tuple(float(x) for x in thresholds)
    if not t or not all(np.isfinite(t)) or t[0] <= 0 or any(a >= b for a, b in pairwise(t)):
        raise CECVError(f"Thresholds must be positive and ascending, but got {list(t)}.")
    return t


def _environments(
    blocks: Mapping[int, np.ndarray], standardise: Standardisation, rule: Rule
) -> Environments:
    check_rule(rule)
    return environments(blocks, standardise, PAPER_SIZES if rule == "paper" else None)
