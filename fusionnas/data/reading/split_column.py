"""A column of the user that decides the split.

It has labels (`column:NAME`), times (`time:NAME`), or groups that folds keep together
(`folds:K:I:NAME`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.formulas.characters import shown
from fusionnas.data.reading.columns import names_of
from fusionnas.errors import DataError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

COLUMN, TIME, FOLDS = "column", "time", "folds"

MOST_FOLDS = 1000


@dataclass(frozen=True, slots=True)
class SplitColumn:
    """The column that defines a split."""

    kind: str  # column, time or folds
    name: str
    fold: tuple[int, int] | None = None  # K and I of folds

    @classmethod
    def of(cls, how: str) -> SplitColumn | None:
        """The column of a split such as `time:year`; None for a split without a column.

        Raises:
            OptionError: the name of the column is missing, or K and I are no fold.
        """
        kind, _, name = how.partition(":")
        if kind == FOLDS and name.count(":") >= 2:
            count, place, name = name.split(":", 2)
            fold = fold_numbers(how, [count, place])
            if name.strip():
                return cls(kind, name.strip(), fold)
            raise OptionError(
                f"--split folds:K:I:NAME needs the name of a column, but got '{how}'."
            )
        if kind not in (COLUMN, TIME):
            return None
        if not name.strip():
            raise OptionError(f"--split {kind}:NAME needs the name of a column, but got '{how}'.")
        return cls(kind, name.strip())

    @property
    def option(self) -> str:
        """The value of `--split`."""
        numbers = "" if self.fold is None else "{}:{}:".format(*self.fold)
        return f"{self.kind}:{numbers}{self.name}"

    def read(self, frame: pd.DataFrame, path: Path) -> tuple[np.ndarray, dict[int, str]]:
        """The value of each row (N,); by row from 0, the reason if there is none.

        Labels are text. Times are float64: numbers as they are, dates as seconds since 1970.

        Raises:
            DataError: there is no such column, or more than one.
        """
        names = names_of(frame)
        places = [place for place, name in enumerate(names) if name == self.name]
        if not places:
            raise DataError(
                f"{path}: --split {self.option} needs a column '{self.name}'; "
                f"{did_you_mean(self.name, names)}"
            )
        if len(places) > 1:
            raise DataError(f"{path}: {len(places)} columns are called '{self.name}'; rename one.")
        column = frame.iloc[:, places[0]]
        missing = column.isna().to_numpy(dtype=bool)
        texts = ["" if gone else str(v).strip() for v, gone in zip(column, missing, strict=True)]
        reasons = {
            row: f"there is no value in column '{self.name}', which decides the split."
            for row, text in enumerate(texts)
            if not text
        }
        if self.kind != TIME:
            return np.array(texts, dtype=object), reasons
        times = _times(column, texts)
        for row in np.flatnonzero(~np.isfinite(times)).tolist():
            reasons.setdefault(
                row,
                f"'{shown(texts[row])}' in column '{self.name}' is neither a number nor a date "
                "such as 2021-04-03.",
            )
        return times, reasons


def fold_numbers(how: str, numbers: Sequence[str]) -> tuple[int, int]:
    """K and I of the split `folds:K:I`; OptionError if there is no such fold."""
    if all(text.isascii() and text.isdigit() for text in numbers):
        count, place = map(int, numbers)
        if 0 <= place < count and 2 <= count <= MOST_FOLDS:
            return count, place
    raise OptionError(
        f"In 'folds:K:I', 0 <= I < K and 2 <= K <= {MOST_FOLDS} must hold, but got '{how}'."
    )


def _times(column: pd.Series, texts: list[str]) -> np.ndarray:
    """Numbers if any text is one, otherwise dates as seconds; NaN if it is neither, (N,)."""
    import pandas as pd

    if not pd.api.types.is_datetime64_any_dtype(column):
        numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(float)
        if np.isfinite(numbers).any():
            return numbers
    # only ISO dates: 03/04/2021 could be read in two ways
    dates = pd.to_datetime(
        pd.Series(texts, dtype=object), format="ISO8601", errors="coerce", utc=True
    )
    seconds = (dates - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds()
    return seconds.to_numpy(dtype=np.float64)
