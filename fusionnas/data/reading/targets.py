"""Numbers from a column of a table."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.formulas.characters import shown
from fusionnas.errors import DataError, DataWarning

if TYPE_CHECKING:
    import pandas as pd

# the types that pandas infers for a column, in words
_NO_NUMBERS = {
    "datetime64": "dates",
    "datetime": "dates",
    "date": "dates",
    "period": "dates",
    "time": "times of day",
    "timedelta64": "durations",
    "timedelta": "durations",
    "interval": "intervals",
    "complex": "complex numbers",
}
DECIMAL_COMMA = r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*"
_THOUSANDS = r"\s*[+-]?[1-9]\d{0,2}(?:,\d{3})+\s*"  # 1,500: fifteen hundred, or one and a half


def read_numbers(
    column: pd.Series, where: str, what: str = "target"
) -> tuple[np.ndarray, dict[int, str]]:
    """The numbers of a column (N,), float64, and by row from 0 the reason why there is none.

    Decimal commas are read, with a warning, if they have no other possible meaning.

    Args:
        column: text from a file, or any column of a DataFrame.
        where: the table and the column, for messages.
        what: what a number is, for messages.

    Raises:
        DataError: the column has dates or similar values, or commas that may separate thousands.
    """
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if kind := no_numbers(column):
        raise DataError(f"{where} contains {kind}; a {what} must be a number.")
    missing = column.isna().to_numpy(dtype=bool)
    numbers = _as_numbers(column)
    wrong = ~np.isfinite(numbers) & ~missing
    if wrong.any():
        texts = column.astype(object).map(str)
        if (
            texts[wrong].str.fullmatch(DECIMAL_COMMA).any()
            and not texts.str.contains(".", regex=False).any()
        ):
            numbers = _as_numbers(_with_points(texts, where))
    reasons = {}
    for row in np.flatnonzero(~np.isfinite(numbers)).tolist():
        text = "" if missing[row] else str(column.iloc[row])
        reasons[row] = (
            f"the {what} '{shown(text)}' is not a finite number."
            if text.strip()
            else f"there is no {what}."
        )
    return numbers, reasons


def no_numbers(values: pd.Series | np.ndarray) -> str:
    """The kind of values that are not numbers but can be converted; empty for other values."""
    import pandas as pd

    return _NO_NUMBERS.get(pd.api.types.infer_dtype(values, skipna=True), "")


def _as_numbers(column: pd.Series) -> np.ndarray:
    import pandas as pd

    try:
        found = pd.to_numeric(column, errors="coerce")
    except (TypeError, ValueError, OverflowError):  # for some objects and huge whole numbers
        found = pd.to_numeric(column.map(str), errors="coerce")
    return found.to_numpy(dtype=np.float64, na_value=np.nan)


def parsed(text: str) -> float | None:
    """The number in one cell, which may be inf or nan; None for a word. 1_1 is a label."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def decimal_points(texts: Sequence[str], where: str) -> list[str]:
    """Texts with decimal commas as points, with a warning, if all that are no numbers have them.

    Args:
        texts: cells of a column, empty where missing.
        where: the table and the column, for messages.

    Raises:
        DataError: the commas could also separate thousands.
    """
    import pandas as pd

    column = pd.Series(list(texts), dtype=object)
    wrong = column[~np.isfinite(_as_numbers(column)) & (column != "")]
    commas = wrong.str.fullmatch(DECIMAL_COMMA)
    if not len(wrong) or not commas.all() or column.str.contains(".", regex=False).any():
        return list(texts)
    return list(_with_points(column, where))


def without_comma(text: str) -> str:
    """One cell with a point for its decimal comma; as it is where that may separate thousands."""
    if re.fullmatch(DECIMAL_COMMA, text) and not re.fullmatch(_THOUSANDS, text):
        return text.replace(",", ".")
    return text


def _with_points(texts: pd.Series, where: str) -> pd.Series:
    """Decimal commas as points; DataError if they could also separate thousands."""
    commas = texts[texts.str.fullmatch(DECIMAL_COMMA)]
    if texts.str.fullmatch(_THOUSANDS).any() and commas.str.fullmatch(_THOUSANDS).all():
        raise DataError(
            f"{where} has commas in its numbers, such as '{commas.iloc[0].strip()}', which may "
            "mean decimals or thousands: write decimals with a point, and thousands without commas."
        )
    warnings.warn(
        f"{where}: decimal commas are read as points ('{commas.iloc[0].strip()}').",
        DataWarning,
        stacklevel=4,
    )
    return texts.where(~texts.index.isin(commas.index), texts.str.replace(",", "."))
