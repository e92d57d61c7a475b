"""Example compounds for a network: perovskites, or compounds of its own training data."""

from __future__ import annotations

import numpy as np

from fusionnas.data.composition import parse_formula
from fusionnas.data.table import CompositionTable
from fusionnas.insight.reading.feature_matrices import PEROVSKITES
from fusionnas.models.predictor import Predictor


def examples(predictor: Predictor) -> tuple[str, ...]:
    """Four example formulas for a network.

    They are well-known perovskites if training saw all their elements. Otherwise they are training
    compositions with the most frequent elements, each from another chemical system. If a network
    stores no compositions, they are the perovskites.
    """
    known = predictor.compositions
    if known is None or not len(known):
        return PEROVSKITES
    wanted = {z for formula in PEROVSKITES for z in parse_formula(formula).numbers}
    seen = set(np.unique(known.numbers).tolist())
    return PEROVSKITES if wanted <= seen else of_table(known, len(PEROVSKITES))


def of_table(table: CompositionTable, count: int) -> tuple[str, ...]:
    """Formulas of a table, all different: of three elements if possible, and of frequent elements.

    Args:
        table: table of compositions.
        count: number of formulas, if there are so many chemical systems.
    """
    frequency = np.bincount(table.numbers, minlength=int(table.numbers.max()) + 1)
    rows = np.repeat(np.arange(len(table)), table.lengths)
    rarest = np.full(len(table), np.iinfo(np.int64).max)
    np.minimum.at(rarest, rows, frequency[table.numbers])  # a compound's least frequent element
    order = np.lexsort((np.arange(len(table)), -rarest, np.abs(table.lengths - 3)))
    found: dict[frozenset[int], int] = {}
    for row in order:
        system = frozenset(table.numbers[table.offsets[row] : table.offsets[row + 1]].tolist())
        found.setdefault(system, int(row))
        if len(found) == count:
            break
    return tuple(table.take(np.array(list(found.values()))).formulas())
