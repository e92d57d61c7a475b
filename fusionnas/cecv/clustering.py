"""Clusters of chemical environments. NumPy and SciPy alone.

Symbols: a compound of n elements has an element feature matrix (EFM) F (n, d). N compounds of
equal n are a block (N, n, d). R is the correlation matrix of a compound's elements (n, n), and
P = n (n - 1) / 2 the number of its entries above the diagonal. t is a threshold, T their number.

The distance of two compounds of equal n is the largest |R_a - R_b|. The clustering vector counts,
for each t, into how many clusters the compounds fall (Du et al.; rules `leader`, `complete` and
`pairs` are this project's own).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from fusionnas.errors import CECVError, did_you_mean

Rule = Literal["leader", "paper", "complete", "pairs"]
Standardisation = Literal["within", "dataset", "none"]

THRESHOLDS: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40)
STANDARDISATIONS = ("within", "dataset", "none")
FLAT = 1e-6  # a channel that varies less than this share of the largest |F| carries nothing
PAPER_SIZES = range(3, 8)


@dataclass(frozen=True, slots=True)
class Clustering:
    """Counts for each number of elements and what took no part."""

    thresholds: tuple[float, ...]
    counts_by_n: Mapping[int, tuple[float, ...]]
    compounds: int  # that were clustered
    too_small: int  # left out: one element, or two where their correlation is always -1
    degenerate: int  # left out: no channel tells their elements apart

    @property
    def counts(self) -> tuple[float, ...]:
        """Summed over n, (T,)."""
        return tuple(sum(column) for column in zip(*self.counts_by_n.values(), strict=True))


def cluster_counts(
    efms: Sequence[np.ndarray],
    thresholds: Sequence[float] = THRESHOLDS,
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> list[int] | list[float]:
    """The clustering vector of compounds given by their element feature matrices.

    Args:
        efms: one array (n_elements, channels) a compound, in the order that `leader` and `paper`
            go through; all with the same number of channels.
        thresholds: ascending and positive.
        rule: how compounds are put into clusters.
        standardise: over the elements of each compound, over all elements, or not at all.

    Returns:
        One integer for each threshold (`pairs`: one float, the effective number of clusters).

    Raises:
        CECVError: non-finite values, unequal channels, nothing that can be clustered, thresholds
            out of order, or an unknown rule or standardisation.
    """
    by_n: dict[int, list[np.ndarray]] = {}
    for efm in efms:
        by_n.setdefault(len(efm), []).append(np.asarray(efm, dtype=np.float64))
    if len({efm.shape[-1] for rows in by_n.values() for efm in rows}) > 1:
        raise CECVError("All element feature matrices must have the same number of channels.")
    blocks = {n: np.stack(rows) for n, rows in sorted(by_n.items())}
    counts = cluster_blocks(blocks, thresholds, rule, standardise).counts
    return list(counts) if rule == "pairs" else [int(count) for count in counts]


def cluster_blocks(
    blocks: Mapping[int, np.ndarray],
    thresholds: Sequence[float] = THRESHOLDS,
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> Clustering:
    """The same for blocks (N_n, n, d) by n; raises as `cluster_counts`."""
    t = check_thresholds(thresholds)
    if rule not in _RULES:
        raise CECVError(f"There is no clustering rule '{rule}'; {did_you_mean(rule, _RULES)}")
    entries, too_small, degenerate = correlation_entries(blocks, standardise, rule)
    compounds = sum(map(len, entries.values()))
    if not compounds:
        raise CECVError(
            "No compound can be clustered: a probe needs compounds of three or more elements "
            f"({too_small} have fewer, {degenerate} have constant features)."
        )
    weight = {n: len(x) / compounds if rule == "pairs" else 1.0 for n, x in entries.items()}
    counts = {
        n: tuple(weight[n] * _RULES[rule](x, n, threshold) for threshold in t)
        for n, x in entries.items()
    }
    return Clustering(t, counts, compounds, too_small, degenerate)


def check_thresholds(thresholds: Sequence[float]) -> tuple[float, ...]:
    """Thresholds as floats; raise CECVError unless they are positive and ascending."""
    t = tuple(float(x) for x in thresholds)
    if not t or not all(np.isfinite(t)) or t[0] <= 0 or any(a >= b for a, b in pairwise(t)):
        raise CECVError(f"Thresholds must be positive and ascending, but got {list(t)}.")
    return t


def correlation_entries(
    blocks: Mapping[int, np.ndarray], standardise: Standardisation, rule: Rule = "leader"
) -> tuple[dict[int, np.ndarray], int, int]:
    """Entries of R above the diagonal, (N_n, P) by n; the numbers too small and degenerate."""
    if standardise not in STANDARDISATIONS:
        hint = did_you_mean(standardise, STANDARDISATIONS)
        raise CECVError(f"There is no standardisation '{standardise}'; {hint}")
    smallest = 3 if standardise == "within" or rule == "paper" else 2
    largest = PAPER_SIZES[-1] if rule == "paper" else None
    entries: dict[int, np.ndarray] = {}
    too_small = degenerate = 0
    centre, scale = _over_all(blocks) if standardise == "dataset" else (0.0, 1.0)
    for n, block in sorted(blocks.items()):
        if not np.isfinite(block).all():
            raise CECVError("An element feature matrix holds a value that is not finite.")
        if n < smallest or (largest is not None and n > largest):
            too_small += len(block)
            continue
        features = np.asarray(block, dtype=np.float64)
        if standardise == "within":
            features, used = _within(features)
        else:
            features, used = (features - centre) / scale, np.ones(1, dtype=bool)
        r, defined = _correlations(features, used)
        degenerate += int((~defined).sum())
        upper = np.triu_indices(n, k=1)
        if defined.any():
            entries[n] = r[defined][:, upper[0], upper[1]]
    return entries, too_small, degenerate


def _within(f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each channel of each compound over its elements; which channels vary, (N, 1, d)."""
    spread = f.std(axis=1, ddof=1, keepdims=True)
    largest = np.abs(f).max(axis=(1, 2), keepdims=True)
    used = spread > FLAT * largest
    standard = (f - f.mean(axis=1, keepdims=True)) / np.where(used, spread, 1)
    return np.where(used, standard, 0), used


def _over_all(blocks: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel over all elements of all compounds, (d,)."""
    rows = np.concatenate([block.reshape(-1, block.shape[-1]) for block in blocks.values()])
    spread = rows.std(axis=0, ddof=1)
    return rows.mean(axis=0), np.where(spread > 0, spread, 1)


def _correlations(f: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson over the used channels between a compound's rows, (N, n, n), and where defined."""
    channels = np.broadcast_to(used, (len(f), 1, f.shape[2])).sum(axis=2, keepdims=True)
    centred = f - f.sum(axis=2, keepdims=True) / np.maximum(channels, 1)
    centred = np.where(used, centred, 0)
    norm = np.sqrt((centred**2).sum(axis=2))
    # a row that is the same in every channel has no correlation with another
    defined = (norm > FLAT * np.sqrt(np.maximum(channels[:, :, 0], 1))).all(axis=1)
    unit = centred / np.where(norm > 0, norm, 1)[:, :, None]
    return unit @ unit.transpose(0, 2, 1), defined


def leader_sizes(x: np.ndarray, t: float) -> list[int]:
    """Sizes of the clusters when the first compound left leads all left within distance <= t."""
    if len(x) > 4096:
        return _leader_sizes_by_tree(x, t)
    sizes = []
    while len(x):
        far = (np.abs(x - x[0]) > t).any(axis=1)
        sizes.append(len(x) - int(far.sum()))
        x = x[far]
    return sizes


def _leader_sizes_by_tree(x: np.ndarray, t: float) -> list[int]:
    """The same to the unit; a tree finds the few compounds that can be within t."""
    from scipy.spatial import cKDTree

    tree = cKDTree(x)
    left = np.ones(len(x), dtype=bool)
    sizes = []
    for place in range(len(x)):
        if not left[place]:
            continue
        # a slightly larger ball, since the tree rounds otherwise than the comparison below
        near = np.array(tree.query_ball_point(x[place], t * (1 + 1e-9) + 1e-12, p=np.inf))
        near = near[left[near]]
        near = near[~(np.abs(x[near] - x[place]) > t).any(axis=1)]
        left[near] = False
        sizes.append(len(near))
    return sizes


def _leader(x: np.ndarray, n: int, t: float) -> float:
    return len(leader_sizes(x, t))


def _paper(x: np.ndarray, n: int, t: float) -> float:
    """The published script's count, with its differences between ternaries and the rest.

    Every compound in turn collects what is in no cluster yet, also if it is in one itself.
    """
    if n == 3:
        x = np.abs(x)
    left = np.arange(len(x))
    clusters = 0
    for place in range(len(x)):
        if len(left) <= 1:
            break
        distance = np.abs(x[left] - x[place]).max(axis=1)
        taken = distance < t if n == 3 else distance <= t
        clusters += bool(taken.any())
        left = left[~taken]
    return clusters + len(left)


def _complete(x: np.ndarray, n: int, t: float) -> float:
    """Complete linkage, cut at t."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(x) < 2:
        return len(x)
    return int(fcluster(linkage(x, "complete", metric="chebyshev"), t, "distance").max())


def _pairs(x: np.ndarray, n: int, t: float) -> float:
    """1 / (share of pairs within t): the number of equally large clusters with as many pairs.

    Without a single pair within t the share is taken as one pair's.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(x)
    all_pairs = len(x) * (len(x) - 1) / 2
    within = (tree.count_neighbors(tree, t, p=np.inf) - len(x)) / 2
    return all_pairs / max(within, 1) if all_pairs else 1.0


_RULES: dict[str, Callable[[np.ndarray, int, float], float]] = {
    "leader": _leader,
    "paper": _paper,
    "complete": _complete,
    "pairs": _pairs,
}
