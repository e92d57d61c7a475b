"""Which known rows fulfil the constraints: only these are a best known value to improve on.

A known row that breaks a constraint is no solution, however good its value is, so the improvement
of candidates is counted from the best row that is one (Gardner et al., ICML 2014, constrained
expected improvement).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fusionnas.data.table import CompositionTable, parse_formulas
from fusionnas.insight.suggestion.constraint import LEAST, Constraint
from fusionnas.models.known_values import KnownValues, keys
from fusionnas.models.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Feasible:
    """Judges known rows by the models of the constraints."""

    others: Sequence[Predictor]
    limits: Sequence[Constraint]
    given: Mapping[str, Any]  # conditions that the known rows lack: one value, or one a candidate

    def __call__(self, known: KnownValues, rows: np.ndarray) -> np.ndarray:
        """Whether each of these known rows fulfils all constraints, (N,).

        A row that the data of a constraint's study hold is judged by its value there, another one
        as a candidate is: by a chance of at least one half. One that a model cannot read fulfils
        nothing.
        """
        table, places, _ = parse_formulas([known.formulas[row] for row in rows.tolist()])
        good = np.zeros(len(rows), dtype=bool)
        good[places] = True
        for other, limit in zip(self.others, self.limits, strict=True):
            good[places] &= self._holds(other, limit, table, known, rows[places])
        return good

    def _holds(
        self,
        other: Predictor,
        limit: Constraint,
        table: CompositionTable,
        known: KnownValues,
        rows: np.ndarray,
    ) -> np.ndarray:
        readable = ~table.row_any(~other.covered[table.numbers])
        if other.conditions is not None:
            cells = [self._cells(name, known, rows) for name in other.conditions.names]
            if any(column is None for column in cells):
                return np.zeros(len(rows), dtype=bool)
            numbers, errors, _ = other.conditions.read(np.array(cells, dtype=object).T)
            table = replace(table, conditions=numbers)
            readable[list(errors)] = False
        values = {} if other.known is None else other.known.values
        named = keys(table, other.conditions)
        holds = np.array([key in values and limit.holds(values[key]) for key in named], dtype=bool)
        asked = np.flatnonzero(readable & ~np.array([key in values for key in named]))
        if len(asked):
            found = other.mixture(table.take(asked))
            chance = found.value if other.classes else other.chance(found, (limit.low, limit.high))
            holds[asked] = chance >= LEAST
        return holds

    def _cells(self, name: str, known: KnownValues, rows: np.ndarray) -> list[str] | None:
        """The cells of a condition of the known rows; None if they are not told."""
        if name in known.cells:
            return [known.cells[name][row] for row in rows.tolist()]
        value = self.given.get(name)
        if value is None or not (isinstance(value, str) or not np.ndim(value)):
            return None
        return [str(value)] * len(rows)
