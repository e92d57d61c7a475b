"""A small data set whose target can be learned from the composition."""

from __future__ import annotations

from functools import cache

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.duplicates import merge_duplicates
from fusionnas.data.elements import ELECTRONEGATIVITY
from fusionnas.data.splits import split
from fusionnas.data.table import CompositionTable
from fusionnas.data.transport import DEFAULT, read_transport


@cache
def small_dataset(rows: int = 600) -> Dataset:
    """Real compositions with 3 or 4 elements; the target is their mean electronegativity."""
    table, targets = read_transport(DEFAULT)
    table, _, noise = merge_duplicates(table, targets, "median", DEFAULT)
    known = ~table.row_any(~np.isfinite(ELECTRONEGATIVITY[table.numbers]))
    usable = np.flatnonzero(known & (table.lengths >= 2) & (table.lengths <= 4))
    picked = np.random.default_rng(0).permutation(usable)[:rows]
    table = table.take(np.sort(picked))
    return Dataset(
        name="electronegativity",
        target="mean electronegativity",
        unit="Pauling",
        source="made",
        licence="none",
        table=table,
        targets=mean_electronegativity(table),
        parts=split(table, "random", 0, "electronegativity"),
        noise=noise,
    )


def mean_electronegativity(table: CompositionTable) -> np.ndarray:
    weighted = table.fractions * ELECTRONEGATIVITY[table.numbers]
    return np.add.reduceat(weighted, table.offsets[:-1])
