"""Clusters of compositions, by k-means on statistics of their elements.

Splits that leave a whole cluster out test how a model performs on unseen chemistry (Meredig et al.,
Mol. Syst. Des. Eng. 3 (2018) 819, doi:10.1039/C8ME00012C).
"""

from __future__ import annotations

import numpy as np

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.table import CompositionTable

VECTORS = "magpie"  # standardised properties of the elements


def clusters(table: CompositionTable, k: int, seed: int) -> np.ndarray:
    """The cluster of each composition, (N,) int64; the largest cluster is 0.

    Args:
        table: N distinct compositions.
        k: number of clusters, at most N.
        seed: seed of the first centres.
    """
    from sklearn.cluster import KMeans

    found = KMeans(k, n_init=4, random_state=seed % 2**32).fit_predict(element_statistics(table))
    names, cluster, sizes = np.unique(found, return_inverse=True, return_counts=True)
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(names))
    return rank[cluster]


def element_statistics(table: CompositionTable) -> np.ndarray:
    """Mean and average deviation of each property, standardised over the table, (N, 44)."""
    properties = np.nan_to_num(element_vectors(VECTORS)).astype(np.float64)
    out = np.empty((len(table), 2 * properties.shape[1]))
    for rows, numbers, fractions in table.groups().values():
        p, x = properties[numbers], fractions[:, :, None]
        mean = (x * p).sum(axis=1)
        out[rows] = np.concatenate([mean, (x * np.abs(p - mean[:, None])).sum(axis=1)], axis=1)
    spread = out.std(axis=0)
    return (out - out.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
