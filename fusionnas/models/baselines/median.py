"""The predictor that ignores the compound: the median of the targets that it was fitted to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fusionnas.errors import BundleError
from fusionnas.statistics.weighted import weighted_median

FILE = "median.txt"


class MedianPredictor(RegressorMixin, BaseEstimator):
    """The constant with the lowest mean absolute error; skill is measured relative to it.

    Attributes:
        median_: median of the targets.
    """

    median_: Any
    _several = False  # whether targets may be (N, K)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the constant for targets y (N,), whose rows may have weights (N,)."""
        X, y = validate_data(self, X, y, y_numeric=True, multi_output=self._several)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.median_ = self._constant(y, weights)
        return self

    def _constant(self, y: np.ndarray, weights: np.ndarray | None) -> Any:
        return weighted_median(y, weights)

    def predict(self, X: Any) -> np.ndarray:
        """The median for each row, (N,)."""
        return np.full(len(self._checked(X)), self.median_)

    def _checked(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(self, X, reset=False)

    def spread(self, X: Any) -> np.ndarray:
        """Equal for all rows, (N,)."""
        return np.ones(len(X))

    def settled(self) -> Self:
        """An unfitted copy."""
        return clone(self)

    def write(self, folder: Path) -> None:
        """Write median and number of features into a folder."""
        (folder / FILE).write_text(f"{self.median_!r} {self.n_features_in_}\n", encoding="utf-8")

    def restore(self, folder: Path) -> Self:
        """Read both from a folder; raises BundleError if they cannot be read."""
        try:
            median, features = (folder / FILE).read_text(encoding="utf-8").split()
            self.median_, self.n_features_in_ = float(median), int(features)
        except (OSError, ValueError) as e:
            raise BundleError(f"{folder / FILE} cannot be read as a median: {e}") from e
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags
