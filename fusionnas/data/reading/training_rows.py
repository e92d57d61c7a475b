"""From the rows of a table to compositions and targets for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.reading.bad_rows import BadRow
from fusionnas.data.reading.classes import REGRESSION, Classes
from fusionnas.data.reading.columns import formula_place, names_of
from fusionnas.data.reading.files import read_frame
from fusionnas.data.reading.input_columns import read_cells
from fusionnas.data.reading.split_column import SplitColumn
from fusionnas.data.reading.target_columns import AskedTarget, read_target_columns
from fusionnas.data.reading.weight_column import ERROR, WeightColumn
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.table import CompositionTable, encode_formulas, parse_formulas
from fusionnas.errors import FormulaError, OptionError

if TYPE_CHECKING:
    import pandas as pd

MISSING = (
    "there is no formula; pandas reads the text NaN, which is sodium nitride, as a missing value "
    "unless na_filter=False is set."
)


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """The rows of a table that can be used for training, and the other rows."""

    table: CompositionTable  # (N,)
    targets: np.ndarray  # (N,) float64; (N, T) with NaN for gaps if there are several
    target: str  # the name of their column, or the names
    bad: tuple[BadRow, ...]  # the other rows
    split_values: np.ndarray | None = None  # (N,) of the column that decides the split
    classes: Classes = ()  # names of the classes whose codes the targets are; empty for numbers
    cells: np.ndarray | None = None  # (N, K) of the conditions, as text
    weights: RowWeights | None = None  # (N,)
    weightless: int = 0  # rows that were left out because their weight is zero
    several: tuple[str, ...] = ()  # names of T targets; empty for one
    without: int = 0  # rows that have none of several targets, which were left out

    def take(self, rows: np.ndarray) -> TrainingRows:
        """Some of the rows, by their numbers, in this order."""
        split_values, cells, weights = self.split_values, self.cells, self.weights
        return replace(
            self,
            table=self.table.take(rows),
            targets=self.targets[rows],
            split_values=None if split_values is None else split_values[rows],
            cells=None if cells is None else cells[rows],
            weights=None if weights is None else weights.take(rows),
        )

    def without_compositions(self, keys: np.ndarray) -> TrainingRows:
        """Those whose composition has none of the keys."""
        return self.take(np.flatnonzero(~np.isin(self.table.keys(), keys)))


def read_csv(
    path: Path,
    formula_column: str | None = None,
    target_column: AskedTarget = None,
    split_column: SplitColumn | None = None,
    task: str | None = REGRESSION,
    conditions: Sequence[str] = (),
    weighed_by: WeightColumn | None = None,
) -> TrainingRows:
    """The rows of a CSV; with a `split_column` those without a value in it are bad rows, too.

    Raises:
        DataError: there is no such file or column, or the targets are not numbers.
    """
    # the header is line 1
    frame = read_frame(path)
    return read_rows(
        frame, path, formula_column, target_column, 2, split_column, task, conditions, weighed_by
    )


def read_rows(
    frame: pd.DataFrame,
    path: Path,
    formula_column: str | None,
    target_column: AskedTarget,
    first_row: int,
    split_column: SplitColumn | None = None,
    task: str | None = REGRESSION,
    conditions: Sequence[str] = (),
    weighed_by: WeightColumn | None = None,
    classes: Classes = (),
) -> TrainingRows:
    """Like `read_csv`, for a table that was already read; warns of targets far from all others.

    `path` and `first_row`, the number of the first row in it, are for messages. `task` is
    regression, classification, or None, which takes words and booleans for classes. `conditions`
    are the names of K columns beside the formula. `weighed_by` is the column that says how much
    a row counts; rows of weight zero are left out. `target_column` may name several targets, `a,b`:
    then an empty cell is a gap, and a row without any of them is left out. `classes` are names of
    classes that other rows have.
    """
    formula = formula_place(frame, path, formula_column)
    values: np.ndarray | None = None
    unplaced: dict[int, str] = {}
    if split_column is not None:
        values, unplaced = split_column.read(frame, path)
    deciding = (column.name for column in (split_column, weighed_by) if column is not None)
    found = read_target_columns(
        frame, path, target_column, formula, (*conditions, *deciding), task, classes
    )
    targets = [("target", name) for name in found.several or (found.name,)]
    taken = (("formula", names_of(frame)[formula]), *targets)
    cells = read_cells(frame, path, conditions, taken) if conditions else None
    counts = np.ones(len(frame))
    if weighed_by is not None:
        if found.several:
            raise OptionError(
                f"{path}: weights and error bars are for one target; name one of "
                f"{', '.join(found.several)}, or leave out --weight-column and --error-column."
            )
        used = (*taken, *(("condition", name) for name in conditions))
        counts, unweighed = weighed_by.read(frame, path, used)
        unplaced = unweighed | unplaced
    texts, missing = formula_texts(frame.iloc[:, formula])
    table, places, errors = _encoded(texts)
    errors |= dict.fromkeys(missing, MISSING)
    reasons = found.reasons
    if found.classes and weighed_by is not None and weighed_by.kind == ERROR:
        raise OptionError(
            f"{found.where[0]} is a class, which has no error bar; use --weight-column, or leave "
            "--error-column out."
        )
    bad = tuple(
        BadRow(
            str(path),
            first_row + row,
            texts[row],
            found.cells[row],
            errors.get(row) or reasons.get(row) or unplaced[row],
            of_formula=row in errors,
        )
        for row in sorted(errors.keys() | reasons.keys() | unplaced.keys())
    )
    known = found.known & ~np.isin(np.arange(len(frame)), [*reasons, *unplaced])
    usable = known[places]
    good = np.flatnonzero(usable & (counts[places] != 0))
    without = int((~found.known[places] & ~np.isin(places, list(reasons))).sum())
    places = places[good]
    found.check(places, first_row)
    return TrainingRows(
        table.take(good),
        found.values[places],
        found.name,
        bad,
        None if values is None else values[places],
        found.classes,
        None if cells is None else cells[places],
        None if weighed_by is None else weighed_by.weights(counts[places]),
        int(usable.sum()) - len(good),
        found.several,
        without if found.several else 0,
    )


def formula_texts(column: pd.Series) -> tuple[list[str], list[int]]:
    """The formulas of a column as text (N,), and the indices of missing ones."""
    missing = np.flatnonzero(column.isna().to_numpy(dtype=bool)).tolist()
    texts = [str(cell) for cell in column.tolist()]
    for row in missing:
        texts[row] = ""
    return texts, missing


def _encoded(texts: list[str]) -> tuple[CompositionTable, np.ndarray, dict[int, str]]:
    """The result of `parse_formulas`, from the cache if all formulas can be read."""
    try:
        return encode_formulas(texts), np.arange(len(texts)), {}
    except FormulaError:
        return parse_formulas(texts)
