"""A fitted forest: its trees, and how their values are combined to a prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusionnas.models.baselines.trees import Trees

FILE = "trees.safetensors"


@dataclass(frozen=True, slots=True)
class ForestModel:
    """Predicts the median of its trees, or for classes the mean of their shares."""

    trees: Trees
    of_classes: bool = False

    @classmethod
    def read(cls, folder: Path, of_classes: bool = False) -> ForestModel:
        """Read the trees in a folder; raises BundleError if they cannot be read."""
        return cls(Trees.read(folder / FILE), of_classes)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Values (N,) of features (N, F), in the unit of the target; (N, K) of K classes."""
        if self.of_classes:
            return np.clip(self._over_trees(np.mean, features), 0, 1)
        return self._over_trees(np.median, features)

    def mean(self, features: np.ndarray) -> np.ndarray:
        """The mean of the trees, (N,), for comparison: the usual prediction of a forest."""
        return self._over_trees(np.mean, features)

    def spread(self, features: np.ndarray) -> np.ndarray:
        """The standard deviation of the trees' values, (N,), in the unit of the target."""
        return self._over_trees(np.std, features)

    def write(self, folder: Path) -> None:
        """Write the trees into a folder."""
        self.trees.write(folder / FILE)

    def _over_trees(self, summary: Callable[..., np.ndarray], features: np.ndarray) -> np.ndarray:
        return self.trees.over_trees(summary, np.asarray(features, dtype=np.float32))
