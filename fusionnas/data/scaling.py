"""The scale of the target, fitted on the training part only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np


@dataclass(frozen=True, slots=True)
class Scaler:
    """Standardisation: z = (y - mean) / std. Of several values, each has its own number."""

    mean: Any  # a number, or a tuple
    std: Any

    @classmethod
    def fit(cls, y: np.ndarray) -> Scaler:
        """Mean and standard deviation; a constant target keeps std 1."""
        std = float(np.std(y))  # of equal values it may be a rounding error
        return cls(float(np.mean(y)), std if std > 0 and np.ptp(y) > 0 else 1.0)

    @classmethod
    def fit_each(cls, y: np.ndarray) -> Self:
        """`fit` for each column of y (N, T) alone, over the values that are not NaN."""
        return cls.of_each([Scaler.fit(column[np.isfinite(column)]) for column in y.T])

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read the result of `to_plain`, which JSON may have changed to lists."""
        numbers = (plain["mean"], plain["std"])
        return cls(*(tuple(one) if isinstance(one, list) else one for one in numbers))

    def to_plain(self) -> dict[str, Any]:
        return {"mean": self.mean, "std": self.std}

    def over(self, temperature: float) -> Scaler:
        """The scale that restores values divided by a temperature."""
        if isinstance(self.mean, tuple):
            return Scaler(tuple(m / temperature for m in self.mean), self.std / temperature)
        return Scaler(self.mean / temperature, self.std / temperature)

    @classmethod
    def of_each(cls, scalers: Sequence[Scaler]) -> Self:
        """The scale of several values from that of each."""
        return cls(tuple(one.mean for one in scalers), tuple(one.std for one in scalers))

    def of_target(self, place: int) -> Scaler:
        """The scale of one of several targets."""
        return Scaler(self.mean[place], self.std[place])

    def standardise(self, y: np.ndarray) -> np.ndarray:
        return (y - self.mean) / self.std

    def restore(self, z: np.ndarray) -> np.ndarray:
        return z * self.std + self.mean
