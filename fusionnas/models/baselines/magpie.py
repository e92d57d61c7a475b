"""Magpie features of compositions (Ward et al., npj Comput. Mater. 2 (2016) 16028).

22 properties of the elements, each as minimum, maximum, range, mean, average deviation and mode
over a composition: 132 features, computed as one table times fractions.
"""

from __future__ import annotations

import numpy as np

from fusionnas.data.element_vectors import embedding_table
from fusionnas.data.table import CompositionTable

# columns of the table, in the order of matminer and ElementEmbeddings
PROPERTIES = (
    "Number",
    "MendeleevNumber",
    "AtomicWeight",
    "MeltingT",
    "Column",
    "Row",
    "CovalentRadius",
    "Electronegativity",
    "NsValence",
    "NpValence",
    "NdValence",
    "NfValence",
    "NValence",
    "NsUnfilled",
    "NpUnfilled",
    "NdUnfilled",
    "NfUnfilled",
    "NUnfilled",
    "GSvolume_pa",
    "GSbandgap",
    "GSmagmom",
    "SpaceGroupNumber",
)


def magpie_features(table: CompositionTable) -> np.ndarray:
    """Features (N, 132), float32: blocks of 22 in the order min, max, range, mean, deviation, mode.

    An element that is missing in Magpie gets the mean properties of the others.
    """
    properties = embedding_table("magpie")  # (119, 22), raw
    average = np.nanmean(properties[1:], axis=0)
    properties = np.where(np.isfinite(properties), properties, average)
    out = np.empty((len(table), 6 * properties.shape[1]), dtype=np.float32)
    for rows, numbers, fractions in table.groups().values():
        p = properties[numbers]  # (N_n, n, 22)
        x = fractions[:, :, None]
        low, high, mean = p.min(axis=1), p.max(axis=1), (x * p).sum(axis=1)
        deviation = (x * np.abs(p - mean[:, None])).sum(axis=1)
        out[rows] = np.concatenate([low, high, high - low, mean, deviation, _mode(p, x)], axis=1)
    return out


def _mode(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The property of the most abundant element; if there are several, the smallest, (N_n, 22)."""
    most = x >= x.max(axis=1, keepdims=True)
    return np.where(most, p, np.inf).min(axis=1)
