"""Chooses the best candidates that differ enough from each other."""

from __future__ import annotations

import numpy as np

from fusionnas.data.elements import MAX_Z
from fusionnas.data.table import CompositionTable


def apart(table: CompositionTable, order: np.ndarray, count: int, distance: float) -> np.ndarray:
    """The first rows of an order in which no two are nearer than `distance`.

    Args:
        table: N candidates.
        order: rows, the best first; rows that are not in it are never chosen.
        count: maximum number of rows.
        distance: share of atoms that must differ (half the L1 distance of atomic fractions).
    """
    chosen: list[int] = []
    count = min(count, len(order))
    taken = np.empty((count, MAX_Z + 1))
    for row in order.tolist():
        own = np.zeros(MAX_Z + 1)
        part = slice(table.offsets[row], table.offsets[row + 1])
        own[table.numbers[part]] = table.fractions[part]
        if chosen:
            nearest = np.abs(taken[: len(chosen)] - own).sum(axis=1).min() / 2
            if nearest < distance - 1e-9:
                continue
        taken[len(chosen)] = own
        chosen.append(row)
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=np.int64)
