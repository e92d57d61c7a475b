"""What can be said of a network's environments beside their number of clusters.

Symbols: N compounds of the probe with three or more elements, T thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks.evidence.measure import effective_rank
from fusionnas.cecv.clustering import THRESHOLDS, clusters
from fusionnas.cecv.efm import element_features
from fusionnas.cecv.probe import ProbeSet
from fusionnas.data.dataset import Dataset
from fusionnas.networks.network import Network
from fusionnas.training.batches import Compounds


@dataclass(frozen=True, slots=True)
class Described:
    """A probe with the targets of its compounds.

    Args:
        compounds: the probe's.
        ranks: of their targets, by number of elements, each in the order of the probe.
    """

    compounds: Compounds
    ranks: Mapping[int, np.ndarray]

    @classmethod
    def of(cls, dataset: Dataset, probe: ProbeSet, compounds: Compounds) -> Described:
        """The probe's compounds are rows of the data set; `compounds` is its table on a device."""
        target = dict(zip(dataset.table.row_keys(), dataset.targets, strict=True))
        table = probe.table
        ranks = rankdata([target[key] for key in table.row_keys()])
        return cls(compounds, {n: ranks[table.lengths == n] for n in np.unique(table.lengths)})

    def describe(self, network: Network) -> dict[str, Any]:
        """The effective rank, and what the clusters explain of the target's ranks (T,) each;
        also of ranks that were permuted among compounds with as many elements."""
        blocks = {n: b for n, b in element_features(network, self.compounds).items() if n >= 3}
        rng = np.random.default_rng(0)
        permuted = {n: rng.permutation(ranks) for n, ranks in self.ranks.items()}
        found = [clusters(blocks, threshold) for threshold in THRESHOLDS]
        return {
            "effective_rank": round(effective_rank(blocks), 4),
            "explained": [round(explained(one, self.ranks), 4) for one in found],
            "explained_permuted": [round(explained(one, permuted), 4) for one in found],
        }


def explained(groups: Mapping[int, list[np.ndarray]], ranks: Mapping[int, np.ndarray]) -> float:
    """The share of the variance of ranks among compounds of equal n that lies between clusters.

    It is corrected for the number of clusters as an adjusted R² is, so that random clusters have 0
    on average; 0 where every compound is alone.
    """
    within = total = 0.0
    free_within = free = 0
    for n, of_n in groups.items():
        for members in of_n:
            within += len(members) * float(np.var(ranks[n][members]))
            free_within += len(members) - 1
        clustered = ranks[n][np.concatenate(of_n)] if of_n else np.array([])
        if len(clustered):
            total += len(clustered) * float(np.var(clustered))
            free += len(clustered) - 1
    if not free_within or not total:
        return 0.0
    return 1 - (within / free_within) / (total / free)
