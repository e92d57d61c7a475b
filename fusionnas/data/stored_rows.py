"""Rows as a study stores them: a formula and the cells of its conditions, in columns of a table.

Symbols: N rows, K columns of conditions.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fusionnas.data.conditions import CATEGORY, Conditions
from fusionnas.data.reading.input_columns import read_cells
from fusionnas.data.table import CompositionTable, encode_formulas

if TYPE_CHECKING:
    import pandas as pd

# columns with another meaning in the tables of a study
_RESERVED = (
    "formula",
    "target",
    "part",
    "group",
    "weight",
    "error",
    "prediction",
    "predictor",
    "uncertainty",
)
_PREFIX = "condition "


def column_of(name: str) -> str:
    """The column of a condition in a stored table."""
    return f"{_PREFIX}{name}" if name.startswith((*_RESERVED, "yardstick/", _PREFIX)) else name


def condition_columns(
    table: CompositionTable, conditions: Conditions | None
) -> dict[str, list[str]]:
    """The cells of each condition by the name of its column; none for formulas alone."""
    if conditions is None or table.conditions is None:
        return {}
    cells = conditions.decode(table.conditions)
    return {column_of(name): cells[name] for name in conditions.names}


def read_stored(path: Path, conditions: Conditions | None) -> pd.DataFrame:
    """A stored table; cells of categories are text, also where they are codes such as 1 and 2."""
    import pandas as pd

    columns = () if conditions is None else conditions.columns
    text = {column_of(column.name): str for column in columns if column.kind == CATEGORY}
    return pd.read_csv(path, na_filter=False, float_precision="round_trip", dtype=text)


def stored_cells(frame: pd.DataFrame, conditions: Conditions | None) -> dict[str, list[str]]:
    """The cells of each condition by its own name, from a stored table."""
    if conditions is None:
        return {}
    columns = [column_of(name) for name in conditions.names]
    cells = read_cells(frame, Path("the stored table"), columns)
    return {name: cells[:, k].tolist() for k, name in enumerate(conditions.names)}


def stored_table(
    frame: pd.DataFrame, conditions: Conditions | None, origin: str = "", first_row: int = 1
) -> CompositionTable:
    """The compositions of a stored table with their conditions.

    Args:
        frame: as `read_stored` gives it, or some of its rows.
        conditions: what encodes its columns of conditions; None for formulas alone.
        origin, first_row: for errors, as in `encode_formulas`.

    Raises:
        FormulaError: a formula cannot be read. DataError: a column is missing.
    """
    table = encode_formulas(frame["formula"].tolist(), origin, first_row)
    if conditions is None:
        return table
    return conditions.with_cells(table, stored_cells(frame, conditions))


def readable(frame: pd.DataFrame, conditions: Conditions | None) -> pd.DataFrame:
    """The rows that a model predicts: those with a value of each condition that needs one.

    A word that the training part lacks is stored as an empty cell.
    """
    cells = stored_cells(frame, conditions)
    needed = [] if conditions is None else [c.name for c in conditions.columns if not c.gaps]
    good = [all(row) for row in zip(*(cells[name] for name in needed), strict=True)]
    return frame[good] if needed else frame
