"""The scale of the target, fitted on the training part only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Scaler:
    """Standardisation: z = (y - mean) / std."""

    mean: float
    std: float

    @classmethod
    def fit(cls, y: np.ndarray) -> Scaler:
        """Mean and standard deviation; a constant target keeps std 1."""
        std = float(np.std(y))
        return cls(float(np.mean(y)), std if std > 0 else 1.0)

    def standardise(self, y: np.ndarray) -> np.ndarray:
        return (y - self.mean) / self.std

    def restore(self, z: np.ndarray) -> np.ndarray:
        return z * self.std + self.mean
