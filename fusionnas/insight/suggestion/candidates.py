"""The candidates of a suggestion: distinct rows that all models can predict and that are not known.

Symbols: N candidates, M models, K conditions that at least one of the models reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.reading.columns import formula_place, names_of
from fusionnas.data.table import CompositionTable, parse_formulas
from fusionnas.errors import FormulaError, OptionError
from fusionnas.models.given_conditions import cells_of_formulas, cells_of_table
from fusionnas.models.known_values import keys
from fusionnas.models.predictor import Predictor

if TYPE_CHECKING:
    import pandas as pd

Given = Mapping[str, Any]  # conditions by name: one value for all candidates, or one for each


@dataclass(frozen=True, slots=True)
class Candidates:
    """What can be suggested."""

    texts: list[str]  # (N,), the formulas as given
    tables: tuple[CompositionTable, ...]  # (M,), the rows with the conditions of each model
    cells: Mapping[str, list[str]]  # by name of a condition, (N,)
    notes: list[str]  # what was left out

    @property
    def table(self) -> CompositionTable:
        """The rows as the first model reads them."""
        return self.tables[0]

    def conditions(self, rows: np.ndarray, names: Sequence[str]) -> dict[str, list[str]]:
        """The cells of some rows."""
        return {name: [self.cells[name][row] for row in rows.tolist()] for name in names}


def open_candidates(
    candidates: str | Iterable[str] | pd.DataFrame,
    models: Sequence[Predictor],
    given: Given,
    formula_column: str | None = None,
) -> Candidates:
    """Read candidates, and leave out what cannot be suggested.

    Args:
        candidates: formulas, or a table with a column of formulas and columns of conditions.
        models: the model whose property is wanted, and those of constraints.
        given: conditions that are no columns.
        formula_column: the column of formulas in a table.

    Raises:
        FormulaError: no candidate can be read. OptionError: none is left, or there is no such
            condition. DataError: a condition is missing.
    """
    import pandas as pd

    read = [() if m.conditions is None else m.conditions.names for m in models]
    names = tuple(dict.fromkeys(name for one in read for name in one))
    if isinstance(candidates, str):
        candidates = [candidates]
    if isinstance(candidates, pd.DataFrame):
        place = formula_place(candidates, Path("the candidates"), formula_column)
        formulas = [str(formula) for formula in candidates.iloc[:, place]]
        columns = [at for at, name in enumerate(names_of(candidates)) if name in names]
        cells = cells_of_table(candidates.iloc[:, columns], given, names)
    else:
        formulas = [str(formula) for formula in candidates]
        cells = cells_of_formulas(len(formulas), given, names)
    table, places, errors = parse_formulas(formulas)
    tables = []
    for model, own in zip(models, read, strict=True):
        if model.conditions is None or cells is None:
            tables.append(table)
            continue
        numbers, lacking, _ = model.conditions.read(cells[:, [names.index(n) for n in own]])
        errors = lacking | errors
        tables.append(replace(table, conditions=numbers[places]))
    good = np.flatnonzero(~np.isin(places, list(errors)))
    notes: list[str] = []
    if errors:
        reason = errors[min(errors)].rstrip(".")
        if not len(good):
            raise FormulaError(f"No candidate can be read: {reason}.")
        notes.append(f"{len(errors):,} could not be read, such as: {reason}")
    if not len(good):
        raise FormulaError("No candidate can be read: there is none.")
    tables = [one.take(good) for one in tables]
    left = _left(tables, models, notes)
    places = places[good[left]]
    return Candidates(
        [formulas[place].strip() for place in places.tolist()],
        tuple(one.take(left) for one in tables),
        {} if cells is None else {n: cells[places, k].tolist() for k, n in enumerate(names)},
        notes,
    )


def _left(
    tables: Sequence[CompositionTable], models: Sequence[Predictor], notes: list[str]
) -> np.ndarray:
    """The rows that are left; a note for each reason to leave others out."""
    table, first = tables[0], models[0]
    _, once = np.unique(
        np.stack([one.row_keys() for one in tables], axis=1), axis=0, return_index=True
    )
    rows = np.sort(once)
    if len(rows) < len(table):
        notes.append(f"{len(table) - len(rows):,} are given more than once")
    lacking = np.any([~model.covered[table.numbers] for model in models], axis=0)
    readable = rows[~table.row_any(lacking)[rows]]
    if len(readable) < len(rows):
        notes.append(f"{len(rows) - len(readable):,} have elements that no model can read")
    known: set[str] = set()
    if first.known is not None:
        known = set(first.known.values)
    elif first.compositions is not None and first.conditions is None:
        known = set(first.compositions.formulas())
    named = keys(table, first.conditions)
    left = [row for row in readable.tolist() if named[row] not in known]
    if len(left) < len(readable):
        notes.append(f"{len(readable) - len(left):,} are known already")
    if not left:
        raise OptionError("No candidate is left: all are known, or cannot be predicted.")
    return np.array(left, dtype=np.int64)
