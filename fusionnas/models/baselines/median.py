"""The predictor that ignores the compound: the median of the targets that it was fitted to."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fusionnas.models.baselines.constant import Constant
from fusionnas.statistics.weighted import weighted_median


class MedianPredictor(RegressorMixin, BaseEstimator):
    """The constant with the lowest mean absolute error; skill is measured relative to it.

    Attributes:
        model_: the constant.
    """

    model_: Constant
    _several = False  # whether targets may be (N, K)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the constant for targets y (N,), whose rows may have weights (N,)."""
        X, y = validate_data(self, X, y, y_numeric=True, multi_output=self._several)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        values = tuple(np.atleast_1d(self._constant(y, weights)).tolist())
        self.model_ = Constant(values, self.n_features_in_)
        return self

    def _constant(self, y: np.ndarray, weights: np.ndarray | None) -> Any:
        return weighted_median(y, weights)

    def predict(self, X: Any) -> np.ndarray:
        """The constant for each row, (N,), or (N, K) of K shares."""
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))

    def settled(self) -> Self:
        """An unfitted copy."""
        return clone(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags
