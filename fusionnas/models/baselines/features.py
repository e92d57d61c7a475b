"""The features of a composition for yardsticks: one table of numbers, without a loop over
compounds.

Symbols: N compositions, n elements of one, x their atomic fractions. 142 features (Ward et al., npj
Comput. Mater. 2 (2016) 16028): 132 statistics of the elements' properties, 6 norms of the
fractions, and 4 shares of the valence electrons.
"""

from __future__ import annotations

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.magpie import PROPERTIES, magpie_features

NORMS = (0, 2, 3, 5, 7, 10)
_VALENCE = tuple(PROPERTIES.index(f"N{orbital}Valence") for orbital in "spdf")
_MEANS = 3 * len(PROPERTIES)  # position of the means among the statistics


def composition_features(table: CompositionTable) -> np.ndarray:
    """Features (N, 142), float32: Magpie's statistics, norms of the fractions, valence shares.

    The conditions of a table (N, C) follow them, so that yardsticks read what networks read.
    """
    statistics = magpie_features(table)
    electrons = statistics[:, [_MEANS + place for place in _VALENCE]]
    given = [] if table.conditions is None else [table.conditions.astype(np.float32)]
    return np.concatenate(
        [statistics, stoichiometric_norms(table), valence_shares(electrons), *given], axis=1
    )


def stoichiometric_norms(table: CompositionTable) -> np.ndarray:
    """The p-norms of the atomic fractions, (N, 6), float32; p = 0 is the number of elements."""
    out = np.empty((len(table), len(NORMS)), dtype=np.float32)
    starts = table.offsets[:-1]
    for column, p in enumerate(NORMS):
        if p == 0:
            out[:, column] = table.lengths
        elif len(table):
            out[:, column] = np.add.reduceat(table.fractions**p, starts) ** (1 / p)
    return out


def valence_shares(electrons: np.ndarray) -> np.ndarray:
    """Shares of s, p, d and f electrons among the valence electrons, (N, 4).

    Args:
        electrons: mean number of electrons of each kind per atom, (N, 4). Every element in Magpie
            has at least one, so no sum is zero.
    """
    return electrons / electrons.sum(axis=1, keepdims=True)
