"""Classes from a column of a table: words, booleans, or numbers if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.reading.input_columns import BLANK
from fusionnas.data.reading.targets import no_numbers, parsed, read_numbers
from fusionnas.errors import DataError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

REGRESSION, CLASSIFICATION = "regression", "classification"
KINDS = (REGRESSION, CLASSIFICATION)  # what a user can ask for
MULTI_TARGET = "multi-target"  # regression of several targets, which their columns ask for
Classes = tuple[str, ...]  # their names, in the order of their codes from 0; empty for numbers
MOST_CLASSES = 50
SHOWN = 5  # names in a message
_FIRST = ("no", "n", "false", "f", "negative", "absent")  # names of the class with code 0
_FIRST_BEGINS = ("non", "not ", "not-", "not_")


def read_targets(
    column: pd.Series, where: str, task: str | None, known: Classes = ()
) -> tuple[np.ndarray, dict[int, str], Classes]:
    """Numbers or class codes of a column (N,), the rows without one, and the names of the classes.

    Args:
        column: text from a file, or any column of a DataFrame.
        where: the table and the column, for messages.
        task: regression, classification, or None, which takes words and booleans for classes.
        known: names of classes that other rows have; these rows then have no others, and any
            number of them.

    Raises:
        OptionError: there is no such task. DataError: there is one class alone or too many, or the
            targets are no numbers and no classes.
    """
    check_kind_of_target(task)
    if known:
        return _known_codes(column, known)
    if task == REGRESSION:
        return *read_numbers(column, where), ()
    if task == CLASSIFICATION or _is_boolean(column):
        return _codes(column, where)
    numbers, reasons = read_numbers(column, where)
    names = () if np.isfinite(numbers).any() else _names(column)
    if len(names) > 1 and all(map(_is_word, names)):
        return _codes(column, where)
    return numbers, reasons, ()


def check_kind_of_target(task: str | None) -> None:
    """Raise OptionError if a task is not offered."""
    if task is not None and task not in KINDS:
        raise OptionError(f"There is no task '{task}'; {did_you_mean(task, KINDS)}")


def check_classes(codes: np.ndarray, classes: Classes, where: str) -> None:
    """Raise DataError if a class has no row, or a single one, among codes (N,)."""
    for code, name in enumerate(classes):
        if (count := int((codes == code).sum())) < 2:
            raise DataError(
                f"{where}: the class '{name}' has {count or 'no'} row{'s' * (not count)}, which is "
                "too few to learn and to judge it. Give more rows of it."
            )


def _codes(column: pd.Series, where: str) -> tuple[np.ndarray, dict[int, str], Classes]:
    if kind := no_numbers(column):
        raise DataError(f"{where} contains {kind}; a class must be a word or a number.")
    names = _names(column)
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{where} has {len(names):,} different values ({_listed(names)}), and at most "
            f"{MOST_CLASSES} classes can be learned. Name another --target-column, or join classes."
        )
    if len(names) < 2:
        found = f"one class alone, '{names[0]}'" if names else "no class"
        raise DataError(f"{where} has {found}, so there is nothing to learn; two are needed.")
    code = {name: float(place) for place, name in enumerate(names)}
    codes = np.array([code.get(text, np.nan) for text in _texts(column)])
    reasons = dict.fromkeys(np.flatnonzero(np.isnan(codes)).tolist(), "there is no target.")
    return codes, reasons, names


def _known_codes(column: pd.Series, known: Classes) -> tuple[np.ndarray, dict[int, str], Classes]:
    code = {name: float(place) for place, name in enumerate(known)}
    texts = _texts(column)
    reasons = {
        row: f"there is no class '{text}'; {did_you_mean(text, known)}"
        if text
        else "there is no target."
        for row, text in enumerate(texts)
        if text not in code
    }
    return np.array([code.get(text, np.nan) for text in texts]), reasons, known


def _names(column: pd.Series) -> Classes:
    """The names of the classes; that with code 0 first."""
    return tuple(sorted({text for text in _texts(column) if text}, key=_place))


def _place(name: str) -> tuple[bool, float, str]:
    """Numbers by their value; a name that denies comes first; others by the alphabet."""
    low = name.casefold()
    if (number := parsed(name)) is not None:
        return True, number, low
    return not (low in _FIRST or low.startswith(_FIRST_BEGINS)), 0.0, name


def _texts(column: pd.Series) -> list[str]:
    """The name of the class of each cell; empty if there is none."""
    missing = column.isna().to_numpy(dtype=bool)
    cells = column.astype(object).tolist()
    names = ["" if gone else class_name(cell) for cell, gone in zip(cells, missing, strict=True)]
    return ["" if name in BLANK else name for name in names]


def class_name(cell: object) -> str:
    """The name of the class in a cell: 1, 1.0 and '1' are one class."""
    text = str(cell).strip()
    number = parsed(text)
    return text if number is None else f"{number:.12g}"


def _is_word(name: str) -> bool:
    if not name[:1].isalpha():  # a date, or a number with its unit
        return False
    return parsed(name) is None  # inf and nan are numbers, too


def _is_boolean(column: pd.Series) -> bool:
    import pandas as pd

    return pd.api.types.infer_dtype(column, skipna=True) == "boolean"


def _listed(names: Classes) -> str:
    return ", ".join(names[:SHOWN]) + " ..." * (len(names) > SHOWN)
