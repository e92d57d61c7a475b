"""The columns of a table that hold the formulas and the targets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fusionnas.data.composition import parse_formula
from fusionnas.data.reading.separator import is_formula_name
from fusionnas.data.reading.targets import DECIMAL_COMMA
from fusionnas.errors import DataError, FormulaError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def names_of(frame: pd.DataFrame) -> list[str]:
    """The names of the columns as text; in a DataFrame they can have any type."""
    return [str(column).strip() for column in frame.columns]


def formula_place(frame: pd.DataFrame, path: Path, asked: str | None) -> int:
    """The index of the column of formulas.

    Args:
        frame: the table.
        path: its name, for errors.
        asked: the column's name; None means a column with a usual name, or the only one.

    Raises:
        DataError: the column is unclear, two columns have its name, or the table has no header.
    """
    names = names_of(frame)
    usual = [place for place, name in enumerate(names) if is_formula_name(name)]
    if asked is None and not usual:
        _check_header(names, path)
    return _place(names, path, asked, "formula", usual, list(range(len(names))))


def target_place(
    frame: pd.DataFrame,
    path: Path,
    asked: str | None,
    formula: int,
    used: Sequence[str] = (),
) -> int:
    """The index of the column of targets; arguments and errors as in `formula_place`.

    It is the column called target, or the only other column that holds a number. `used` are the
    names of the conditions and of the column that decides the split, which are not the target
    unless it is asked for.
    """
    names = names_of(frame)
    usual = [place for place, name in enumerate(names) if name.lower() == "target"]
    others = _with_numbers(frame, names, {formula, *(p for p, n in enumerate(names) if n in used)})
    return _place(names, path, asked, "target", usual, others)


def _place(
    names: list[str],
    path: Path,
    asked: str | None,
    what: str,
    usual: Sequence[int],
    candidates: Sequence[int],
) -> int:
    listed = ", ".join(names)
    if asked is not None:
        usual = [place for place, name in enumerate(names) if name == str(asked).strip()]
        if not usual:
            raise DataError(f"{path}: there is no column '{asked}'; {did_you_mean(asked, names)}")
    for found in (usual, candidates):
        if len(found) == 1:
            return found[0]
        if len(found) > 1 and len({names[place] for place in found}) == 1:
            raise DataError(
                f"{path}: {len(found)} columns are called '{names[found[0]]}', and one must be the "
                f"{what}. The columns are {listed}; rename or delete all but one."
            )
    hint = " Its columns seem to be separated by blanks; separate them by commas."
    raise DataError(
        f"{path}: which column is the {what}? It has {listed}; use --{what}-column NAME."
        + (hint if len(names) == 1 and " " in names[0] else "")
    )


def _with_numbers(frame: pd.DataFrame, names: list[str], taken: set[int]) -> list[int]:
    """The only column that is not taken, or all other columns with at least one number."""
    # a column without a name holds row numbers that pandas wrote
    left = [
        place
        for place, name in enumerate(names)
        if place not in taken and not name.startswith("Unnamed: ")
    ]
    if len(left) == 1:
        return left
    return [place for place in left if _has_a_number(frame.iloc[:, place])]


def _has_a_number(column: pd.Series) -> bool:
    """Whether a cell is a number, also one with a decimal comma."""
    import pandas as pd

    if pd.to_numeric(column, errors="coerce").notna().any():
        return True
    return bool(column.dropna().astype(str).str.fullmatch(DECIMAL_COMMA).any())


def _check_header(names: list[str], path: Path) -> None:
    """Raise DataError if the names are a row of data: only a formula, or a formula and a number."""
    if any(map(_is_formula, names)) and (len(names) == 1 or any(map(_is_number, names))):
        named = f" If that is a name, use --formula-column {names[0]}." if len(names) == 1 else ""
        raise DataError(
            f"{path} seems to have no header: its first line is '{', '.join(names)}'. Put the "
            f"names of the columns before it, such as 'formula,target'.{named}"
        )


def _is_formula(name: str) -> bool:
    try:
        return len(parse_formula(name).numbers) > 1
    except FormulaError:
        return False


def _is_number(name: str) -> bool:
    try:
        return math.isfinite(float(name))
    except ValueError:
        return False
