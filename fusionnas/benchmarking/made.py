"""Artificial tables: real compositions with targets that are computed from the elements.

Symbols: x atomic fractions, chi Pauling electronegativities of the elements of a composition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.duplicates import merge_duplicates
from fusionnas.data.elements import ELECTRONEGATIVITY
from fusionnas.data.splits import split
from fusionnas.data.table import CompositionTable
from fusionnas.data.transport import DEFAULT, read_transport
from fusionnas.errors import OptionError, did_you_mean

ROWS = 600
NOISE = 0.05  # in units of the target's standard deviation


@dataclass(frozen=True, slots=True)
class Made:
    """An artificial target."""

    name: str
    target: str  # name for people
    unit: str
    compute: Callable[[CompositionTable], np.ndarray]
    noise: float = 0.0


def _mean(table: CompositionTable) -> np.ndarray:
    """Sum of x chi, (N,)."""
    weighted = table.fractions * ELECTRONEGATIVITY[table.numbers]
    return np.add.reduceat(weighted, table.offsets[:-1])


def _spread(table: CompositionTable) -> np.ndarray:
    """Largest minus smallest chi, (N,)."""
    values, starts = ELECTRONEGATIVITY[table.numbers], table.offsets[:-1]
    return np.maximum.reduceat(values, starts) - np.minimum.reduceat(values, starts)


def _heavy_tail(table: CompositionTable) -> np.ndarray:
    """exp(2 (spread - mean)), (N,): a few large values among many small ones."""
    return np.exp(2 * (_spread(table) - _mean(table)))


MADE = {
    row.name: row
    for row in (
        Made("made-mean", "mean electronegativity", "Pauling", _mean),
        Made("made-spread", "spread of electronegativities, with noise", "Pauling", _spread, NOISE),
        Made("made-tail", "a target with a heavy tail", "", _heavy_tail, NOISE),
    )
}


def load_made(name: str, how: str, seed: int) -> Dataset:
    """An artificial table of 600 compositions with 2 to 4 elements, split as `how` says.

    Raises:
        OptionError: there is no such table, or no such split.
    """
    if name not in MADE:
        raise OptionError(f"There is no made table '{name}'; {did_you_mean(name, MADE)}")
    row = MADE[name]
    table, targets = read_transport(DEFAULT)
    table, _, noise = merge_duplicates(table, targets, "median", name)
    known = ~table.row_any(~np.isfinite(ELECTRONEGATIVITY[table.numbers]))
    usable = np.flatnonzero(known & (table.lengths >= 2) & (table.lengths <= 4))
    rng = np.random.default_rng(0)
    table = table.take(np.sort(rng.permutation(usable)[:ROWS]))
    values = row.compute(table)
    values = values + row.noise * values.std() * rng.standard_normal(len(values))
    parts = split(table, how, seed, name)
    return Dataset(
        name, row.target, row.unit, "made", "none", table, values, parts, noise, split=how
    )
