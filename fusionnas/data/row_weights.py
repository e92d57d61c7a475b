"""The weights of rows, as a data set keeps them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class RowWeights:
    """How much each row counts."""

    column: str  # the column of the table
    values: np.ndarray  # (N,) float64, positive; in a data set their mean is 1
    errors: np.ndarray | None = None  # (N,) error bars in the unit; None for weights of the user
    common: float = 0.0  # what is added to all error bars, as a standard deviation
    mean: float = 1.0  # what a weight of 1 is in the table, after `scaled`

    @classmethod
    def of_errors(cls, column: str, errors: np.ndarray) -> RowWeights:
        """The weights 1 / s^2 of error bars (N,), without a common part."""
        return cls(column, 1 / errors**2, errors)

    def with_common(self, common: float) -> RowWeights:
        """The weights 1 / (s^2 + t^2) of its error bars and a common part t."""
        assert self.errors is not None
        return replace(self, values=1 / (self.errors**2 + common**2), common=common)

    def take(self, rows: np.ndarray) -> RowWeights:
        """Those of some rows."""
        errors = None if self.errors is None else self.errors[rows]
        return replace(self, values=self.values[rows], errors=errors)

    def scaled(self) -> RowWeights:
        """With a mean of 1."""
        mean = float(self.values.mean())
        return replace(self, values=self.values / mean, mean=self.mean * mean)

    def of_part(self, rows: np.ndarray) -> np.ndarray:
        """The weights of a part of the rows, with a mean of 1."""
        found = self.values[rows]
        return found / found.mean() if len(found) else found

    def to_plain(self) -> dict[str, Any]:
        """For a manifest."""
        plain: dict[str, Any] = {"column": self.column}
        if self.errors is not None:
            plain["common_error"] = self.common
        else:
            plain["mean"] = self.mean
        return plain
