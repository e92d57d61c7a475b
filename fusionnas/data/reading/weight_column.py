"""The column that says how much each row counts: weights, or error bars of the target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.formulas.characters import shown
from fusionnas.data.reading.columns import names_of
from fusionnas.data.reading.targets import read_numbers
from fusionnas.data.row_weights import RowWeights
from fusionnas.errors import DataError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

WEIGHT, ERROR = "weight", "error"
MOST = 1e30  # of a weight or an error bar, whose squares are summed; its inverse is the least error


@dataclass(frozen=True, slots=True)
class WeightColumn:
    """A column of weights or of error bars."""

    kind: str  # weight or error
    name: str

    @classmethod
    def of(cls, weight_column: str | None, error_column: str | None) -> WeightColumn | None:
        """The column that the two options name; None for neither.

        Raises:
            OptionError: both are given.
        """
        if weight_column is not None and error_column is not None:
            raise OptionError(
                "--weight-column and --error-column both say how much a row counts; give only one."
            )
        if weight_column is not None:
            return cls(WEIGHT, weight_column.strip())
        return None if error_column is None else cls(ERROR, error_column.strip())

    @property
    def words(self) -> str:
        """What a number of the column is."""
        return "weight" if self.kind == WEIGHT else "standard deviation"

    def read(
        self, frame: pd.DataFrame, path: Path, taken: Iterable[tuple[str, str]]
    ) -> tuple[np.ndarray, dict[int, str]]:
        """The number of each row (N,); by row from 0, the reason if it cannot be used.

        Args:
            frame: the table.
            path: its name, for errors.
            taken: role and name of columns that have another use, such as ("target", "gap").

        Raises:
            DataError: there is no such column, or more than one, or it has another use; or no row
                has a positive number.
        """
        names = names_of(frame)
        for role, other in taken:
            if other == self.name:
                raise DataError(
                    f"{path}: '{other}' is the {role}, so it cannot be the --{self.kind}-column, "
                    "too."
                )
        if self.name not in names:
            raise DataError(
                f"{path}: there is no column '{self.name}', which --{self.kind}-column names; "
                f"{did_you_mean(self.name, names)}"
            )
        if names.count(self.name) > 1:
            raise DataError(
                f"{path}: {names.count(self.name)} columns are called '{self.name}'; rename or "
                "delete all but one."
            )
        column = frame.iloc[:, names.index(self.name)]
        where = f"{path}: the {self.words} in column '{self.name}'"
        numbers, reasons = read_numbers(column, where, self.words)
        check_some(numbers, where)
        for row in np.flatnonzero(self._wrong(numbers)).tolist():
            reasons[row] = (
                f"the {self.words} '{shown(str(column.iloc[row]))}' in column '{self.name}' "
                f"{self._why(numbers[row])}."
            )
        return numbers, reasons

    def _wrong(self, numbers: np.ndarray) -> np.ndarray:
        low = numbers < 0 if self.kind == WEIGHT else numbers < 1 / MOST
        return low | (np.isfinite(numbers) & (numbers > MOST))

    def _why(self, number: float) -> str:
        if number > 0:
            return f"is not within {1 / MOST:g} and {MOST:g}"
        return "is negative" if self.kind == WEIGHT else "is not above zero"

    def weights(self, numbers: np.ndarray) -> RowWeights:
        """The weights of rows from their numbers (N,), all positive."""
        if self.kind == WEIGHT:
            return RowWeights(self.name, numbers)
        return RowWeights.of_errors(self.name, numbers)


def check_some(numbers: np.ndarray, where: str) -> None:
    """Raise DataError if no number is positive; `where` is the table and the column."""
    if len(numbers) and not (numbers > 0).any():
        raise DataError(f"{where} is not above zero in any row, so that no row counts.")
