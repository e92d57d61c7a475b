"""The clusters behind a count, by formula, and how two networks group the same compounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.cecv.clustering import clusters
from fusionnas.cecv.correlation import Standardisation
from fusionnas.cecv.rules import Rule
from fusionnas.data.table import CompositionTable


@dataclass(frozen=True, slots=True)
class Cluster:
    """Compounds whose elements have similar correlations."""

    elements: int  # n of each of its compounds
    formulas: tuple[str, ...]  # the leader first

    @property
    def size(self) -> int:
        return len(self.formulas)


@dataclass(frozen=True, slots=True)
class Split:
    """A cluster of one network that is divided into several clusters by another."""

    cluster: Cluster
    parts: tuple[tuple[str, ...], ...]  # largest first

    @property
    def pairs(self) -> int:
        """Pairs of compounds that are together in one network and apart in the other."""
        return _pairs(self.cluster.size) - sum(_pairs(len(part)) for part in self.parts)


def list_clusters(
    blocks: Mapping[int, np.ndarray],
    table: CompositionTable,
    threshold: float,
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> list[Cluster]:
    """Clusters at one threshold, largest first.

    Args:
        blocks: element feature matrices (N_n, n, d) by n, each in the order of the table.
        table: the compounds of the probe.

    Raises:
        CECVError: as in `fusionnas.cecv.clustering.clusters`.
    """
    formulas = np.array(table.formulas(), dtype=object)
    found = []
    for n, groups in clusters(blocks, threshold, rule, standardise).items():
        of_size = formulas[table.lengths == n]
        found += [Cluster(n, tuple(of_size[places])) for places in groups]
    return sorted(found, key=lambda cluster: -cluster.size)


def splits(ours: Sequence[Cluster], theirs: Sequence[Cluster]) -> list[Split]:
    """Clusters of `ours` that `theirs` divides, the one with most separated pairs first.

    In the other direction, `splits(theirs, ours)` gives the merges: the compounds that only `ours`
    joins. Compounds that only one of the two could cluster are ignored.
    """
    place = {f: number for number, c in enumerate(theirs) for f in c.formulas}
    found = []
    for cluster in ours:
        parts: dict[int, list[str]] = {}
        for formula in cluster.formulas:
            if formula in place:
                parts.setdefault(place[formula], []).append(formula)
        if len(parts) > 1:
            ordered = sorted(parts.values(), key=lambda part: -len(part))
            both = tuple(f for f in cluster.formulas if f in place)
            found.append(Split(Cluster(cluster.elements, both), tuple(map(tuple, ordered))))
    return sorted(found, key=lambda split: -split.pairs)


def share_together(ours: Sequence[Cluster], theirs: Sequence[Cluster]) -> float | None:
    """The share of the pairs in one cluster of `ours` that are in one cluster of `theirs` too."""
    place = {f: number for number, c in enumerate(theirs) for f in c.formulas}
    pairs = kept = 0
    for cluster in ours:
        inside = Counter(place[f] for f in cluster.formulas if f in place)
        pairs += _pairs(inside.total())
        kept += sum(map(_pairs, inside.values()))
    return kept / pairs if pairs else None


def _pairs(size: int) -> int:
    return size * (size - 1) // 2
