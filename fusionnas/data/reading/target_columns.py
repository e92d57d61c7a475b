"""The target columns of a table: one, or several that are learned together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.reading.classes import CLASSIFICATION, Classes, read_targets
from fusionnas.data.reading.columns import names_of, target_place
from fusionnas.data.reading.input_columns import BLANK
from fusionnas.data.reading.outliers import check_targets
from fusionnas.errors import DataError, OptionError

if TYPE_CHECKING:
    import pandas as pd

RESERVED = ("formula", "part", "group", "error")  # columns that tables of several targets have
AskedTarget = str | Sequence[str] | None  # one name, names, `a,b` for two, or None


@dataclass(frozen=True, slots=True)
class ReadTargets:
    """The targets of all N rows of a table."""

    values: np.ndarray  # (N,) or (N, T) float64; NaN for none
    name: str
    cells: list[str]  # (N,) as text, for messages
    reasons: dict[int, str]  # by row, why it cannot be used
    where: tuple[str, ...]  # the table and each column, for messages
    classes: Classes = ()
    several: tuple[str, ...] = ()  # names of T targets; empty for one

    @property
    def known(self) -> np.ndarray:
        """Whether a row has a target, (N,)."""
        finite = np.isfinite(self.values)
        return finite.any(axis=1) if self.several else finite

    def check(self, rows: np.ndarray, first_row: int) -> None:
        """Warn of values in some rows that are far from all others, unless they are classes."""
        if self.classes:
            return
        columns = self.values[rows].reshape(len(rows), len(self.where)).T
        for column, where in zip(columns, self.where, strict=True):
            finite = np.isfinite(column)
            check_targets(column[finite], first_row + rows[finite], where)


def several_names(asked: AskedTarget, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of several targets in `a,b`, or in a sequence; () for one target or none.

    Args:
        asked: what the user gave.
        known: names of columns; one that holds a comma is one column.

    Raises:
        OptionError: a name is empty, occurs twice, or has a meaning in tables.
    """
    if asked is None or (isinstance(asked, str) and ("," not in asked or asked.strip() in known)):
        return ()
    names = tuple(str(n).strip() for n in (asked.split(",") if isinstance(asked, str) else asked))
    if "" in names or not names:
        raise OptionError(
            f"--target-column takes one name, or names separated by commas, but got '{asked}'."
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise OptionError(f"--target-column names '{twice}' twice.")
    for name in names:
        if len(names) > 1 and name in RESERVED:
            raise OptionError(
                f"A target among several cannot be called '{name}', which is a column of every "
                "table of predictions; rename it."
            )
    return names if len(names) > 1 else ()


def refuse_several(asked: AskedTarget, what: str) -> None:
    """Raise OptionError if several targets are asked for, which `what` cannot read."""
    if names := several_names(asked):
        raise OptionError(f"{what} reads one target; name one of {', '.join(names)}.")


def read_target_columns(
    frame: pd.DataFrame,
    path: Path,
    asked: AskedTarget,
    formula: int,
    used: Sequence[str],
    task: str | None,
    classes: Classes = (),
) -> ReadTargets:
    """The targets of a table.

    Args:
        frame: the table.
        path: its name, for errors.
        asked: the name of the column, or several.
        formula: the index of the column of formulas.
        used: names of columns that have another use.
        task: regression, classification, or None; see `read_targets`.
        classes: names of classes that are known already.

    Raises:
        DataError: a column is unclear, missing or cannot be read. OptionError: see
            `several_names`; or several targets are asked for as classes.
    """
    names = names_of(frame)
    several = several_names(asked, names)
    if not several:
        one = asked if isinstance(asked, str) or asked is None else str(asked[0])
        place = target_place(frame, path, one, formula, used)
        where = _where(path, names[place])
        numbers, reasons, classes = read_targets(frame.iloc[:, place], where, task, classes)
        cells = [str(cell) for cell in frame.iloc[:, place]]
        return ReadTargets(numbers, names[place], cells, reasons, (where,), classes)
    if task == CLASSIFICATION:
        raise OptionError(
            f"Several targets ({', '.join(several)}) are learned as numbers; name one "
            "--target-column for --task classification."
        )
    columns, cells, reasons = [], [""] * len(frame), dict[int, str]()
    for name in several:
        place = target_place(frame, path, name, formula, used)
        if place == formula:
            raise DataError(f"{path}: '{name}' is the formula, so it cannot be a target, too.")
        numbers, own = _numbers(frame.iloc[:, place], _where(path, name), task)
        for row, (reason, text) in own.items():
            reasons.setdefault(row, f"{name}: {reason}")
            cells[row] = cells[row] or text
        columns.append(numbers)
    places = tuple(_where(path, name) for name in several)
    values = np.stack(columns, axis=1)
    return ReadTargets(values, ", ".join(several), cells, reasons, places, several=several)


def _where(path: Path, name: str) -> str:
    return f"{path}: the target in column '{name}'"


def _numbers(
    column: pd.Series, where: str, task: str | None
) -> tuple[np.ndarray, dict[int, tuple[str, str]]]:
    """The numbers (N,) of one of several targets, NaN for a gap; reason and text of other cells."""
    numbers, reasons, classes = read_targets(column, where, task)
    if classes:
        raise DataError(
            f"{where} is a class ({' or '.join(classes)}), and several targets must all be "
            "numbers. Learn it alone, as the only --target-column."
        )
    missing = column.isna().to_numpy(dtype=bool)
    texts = {row: "" if missing[row] else str(column.iloc[row]).strip() for row in reasons}
    if not np.isfinite(numbers).any():
        first = next((text for text in texts.values() if text not in BLANK), None)
        told = "has no value in any row" if first is None else f"has no numbers, but '{first}'"
        raise DataError(f"{where} {told}. Leave this target out.")
    wrong = {row: (reasons[row], text) for row, text in texts.items() if text not in BLANK}
    return numbers, wrong
