"""The columns of conditions beside the formula, such as a temperature or a route, as text cells.

Symbols: N rows, K columns of conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.reading.columns import names_of
from fusionnas.errors import DataError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

# texts of a missing value; 'Na' is sodium, which can be a word in a column of dopants
BLANK = frozenset(
    {"", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "<NA>", "null", "NULL", "None", "NaT"}
)


CATEGORY = ":category"  # after a name: numbers in this column are codes, not amounts


def column_names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names in `temperature,route:category`, or in a sequence; () for none.

    Raises:
        OptionError: a name is empty or occurs twice.
    """
    return tuple(name_of(column) for column in columns_of(given))


def name_of(column: str) -> str:
    """The name in `route:category`."""
    return column.removesuffix(CATEGORY).rstrip()


def columns_of(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """The columns in `temperature,route:category`, each as it is given; () for none.

    Raises:
        OptionError: a name is empty or occurs twice.
    """
    parts = given.split(",") if isinstance(given, str) else list(given or ())
    columns = tuple(str(part).strip() for part in parts)
    names = [name_of(column) for column in columns]
    if "" in names:
        raise OptionError(
            f"--input-columns takes names separated by commas, such as temperature,route, but got "
            f"'{given}'."
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise OptionError(f"--input-columns names '{twice}' twice.")
    return columns


def read_cells(
    frame: pd.DataFrame, path: Path, names: Sequence[str], taken: Iterable[tuple[str, str]] = ()
) -> np.ndarray:
    """The cells of some columns as text, (N, K) object; a missing value is an empty text.

    Args:
        frame: the table.
        path: its name, for errors.
        names: the columns.
        taken: role and name of columns that have another use, such as ("target", "gap").

    Raises:
        DataError: there is no such column, or more than one, or it has another use.
    """
    known = names_of(frame)
    for role, other in taken:
        if other in names:
            raise DataError(
                f"{path}: '{other}' is the {role}, so it cannot be in --input-columns, too."
            )
    cells = np.empty((len(frame), len(names)), dtype=object)
    for k, name in enumerate(names):
        count = known.count(name)
        if not count:
            raise DataError(
                f"{path}: there is no column '{name}', which is a condition; "
                f"{did_you_mean(name, known)}"
            )
        if count > 1:
            raise DataError(
                f"{path}: {count} columns are called '{name}'; rename or delete all but one."
            )
        column = frame.iloc[:, known.index(name)]
        gone = column.isna().to_numpy(dtype=bool)
        texts = (str(cell).strip() for cell in column.astype(object))
        cells[:, k] = [
            "" if missing or text in BLANK else text
            for text, missing in zip(texts, gone, strict=True)
        ]
    return cells
