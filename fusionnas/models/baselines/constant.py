"""The constant that a yardstick predicts for every compound: a median, or shares of classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusionnas.errors import BundleError

FILE = "median.txt"


@dataclass(frozen=True, slots=True)
class Constant:
    """One value in the unit of the target, or K shares of K classes."""

    values: tuple[float, ...]
    features: int  # number of features that it was fitted to, and does not use

    @classmethod
    def read(cls, folder: Path) -> Constant:
        """Read it from a folder; raises BundleError if it cannot be read."""
        try:
            *values, features = (folder / FILE).read_text(encoding="utf-8").split()
            return cls(tuple(map(float, values)), int(features))
        except (OSError, ValueError) as e:
            raise BundleError(f"{folder / FILE} cannot be read as a constant: {e}") from e

    def predict(self, features: np.ndarray) -> np.ndarray:
        """The constant for each row of features (N, F): (N,), or (N, K) of K shares."""
        one = self.values[0] if len(self.values) == 1 else self.values
        return np.add.outer(np.zeros(len(features)), one)

    def spread(self, features: np.ndarray) -> np.ndarray:
        """Equal for all rows, in the shape of the predictions."""
        return np.ones_like(self.predict(features))

    def write(self, folder: Path) -> None:
        """Write the constant and the number of features into a folder."""
        text = " ".join(map(repr, (*self.values, self.features)))
        (folder / FILE).write_text(f"{text}\n", encoding="utf-8")
