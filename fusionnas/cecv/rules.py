"""The rules that form clusters of compounds with equal n.

Symbols: x (N, P) are the entries of N correlation matrices above the diagonal, t is a threshold.
The distance of two compounds is the largest |x_a - x_b|. The rule `paper` is that of Du et al.; the
others are this project's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

import numpy as np

from fusionnas.errors import CECVError, did_you_mean

Rule = Literal["leader", "paper", "complete", "pairs"]

PAPER_SIZES = range(3, 8)  # the numbers of elements that the published script reads
MOST_LINKED = 20_000  # the largest number of compounds of one n whose pairs fit in memory (1.6 GB)


def count(x: np.ndarray, n: int, t: float, rule: Rule) -> float:
    """The number of clusters; for `pairs` the effective number."""
    return _pairs(x, t) if rule == "pairs" else len(groups(x, n, t, rule))


def groups(x: np.ndarray, n: int, t: float, rule: Rule) -> list[np.ndarray]:
    """The indices (size,) of the compounds of each cluster, its leader first.

    Raises:
        CECVError: the rule is `pairs`, which forms no clusters; or `complete` has too many.
    """
    if rule == "pairs":
        raise CECVError("The rule 'pairs' forms no clusters; choose leader, paper or complete.")
    return _GROUPS[rule](x, n, t)


def check_rule(rule: str) -> Rule:
    """The rule with this name; raise CECVError if there is none."""
    if rule not in RULES:
        raise CECVError(f"There is no clustering rule '{rule}'; {did_you_mean(rule, RULES)}")
    return cast(Rule, rule)


def _leader(x: np.ndarray, n: int, t: float) -> list[np.ndarray]:
    """The first remaining compound leads all remaining ones within distance <= t."""
    if len(x) > 4096:
        return _leader_by_tree(x, t)
    left = np.arange(len(x))
    groups = []
    while len(x):
        far = (np.abs(x - x[0]) > t).any(axis=1)
        groups.append(left[~far])
        x, left = x[far], left[far]
    return groups


def _leader_by_tree(x: np.ndarray, t: float) -> list[np.ndarray]:
    """Exactly the same clusters; a tree finds the few compounds that can be within t."""
    from scipy.spatial import cKDTree

    tree = cKDTree(x)
    left = np.ones(len(x), dtype=bool)
    groups = []
    for place in range(len(x)):
        if not left[place]:
            continue
        # a slightly larger ball, because the tree rounds differently than the comparison below
        near = np.sort(tree.query_ball_point(x[place], t * (1 + 1e-9) + 1e-12, p=np.inf))
        near = near[left[near]]
        near = near[~(np.abs(x[near] - x[place]) > t).any(axis=1)]
        left[near] = False
        groups.append(near)
    return groups


def _paper(x: np.ndarray, n: int, t: float) -> list[np.ndarray]:
    """The clusters of the published script, with its differences between ternaries and the rest.

    Each compound in turn collects compounds without a cluster, even if it has a cluster itself.
    """
    if n == 3:
        x = np.abs(x)
    left = np.arange(len(x))
    groups = []
    for place in range(len(x)):
        if len(left) <= 1:
            break
        distance = np.abs(x[left] - x[place]).max(axis=1)
        taken = distance < t if n == 3 else distance <= t
        if taken.any():
            groups.append(left[taken])
        left = left[~taken]
    return groups + [left] * (len(left) > 0)


def _complete(x: np.ndarray, n: int, t: float) -> list[np.ndarray]:
    """Complete linkage, cut at t."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(x) < 2:
        return [np.arange(len(x))]
    if len(x) > MOST_LINKED:
        raise CECVError(
            f"The rule 'complete' allows at most {MOST_LINKED} compounds with the same number of "
            f"elements, but {len(x)} have {n}; choose leader or a smaller probe."
        )
    label = fcluster(linkage(x, "complete", metric="chebyshev"), t, "distance")
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def _pairs(x: np.ndarray, t: float) -> float:
    """1 / (share of pairs within t): the number of equally large clusters with as many pairs.

    If no pair is within t, the share is that of one pair.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(x)
    all_pairs = len(x) * (len(x) - 1) / 2
    within = (tree.count_neighbors(tree, t, p=np.inf) - len(x)) / 2
    return all_pairs / max(within, 1) if all_pairs else 1.0


# each function gets entries (N, P), n and t, and returns the indices of each cluster
_GROUPS: dict[str, Callable[[np.ndarray, int, float], list[np.ndarray]]] = {
    "leader": _leader,
    "paper": _paper,
    "complete": _complete,
}
RULES = (*_GROUPS, "pairs")
