"""Yardsticks of classes: they predict probabilities.

Targets of two classes are codes 0 and 1, (N,), and predictions are probabilities of class 1, (N,).
Targets of K classes are (N, K), 1 for the class of a row and 0 elsewhere, and so are predictions.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from fusionnas.models.baselines.boosting import BoostedTrees
from fusionnas.models.baselines.forest import MedianForest
from fusionnas.models.baselines.median import MedianPredictor


class SharePredictor(MedianPredictor):
    """Ignores the compound: the shares of the classes."""

    _several = True

    def _constant(self, y: np.ndarray, weights: np.ndarray | None) -> Any:
        return y.mean(axis=0) if weights is None else np.average(y, 0, weights)


class _ClassForest(MedianForest):
    """The mean over the trees of the shares of the classes in a leaf.

    For codes 0 and 1 the variance within a node is half its Gini impurity, and for K columns the
    sum of their variances is that impurity, so trees of regression are the trees of a classifier.
    """

    _of_classes = True


class RandomForestShares(_ClassForest):
    """A random forest of classes."""

    _forest = RandomForestRegressor


class ExtraTreesShares(_ClassForest):
    """Extra trees of classes."""

    _forest = ExtraTreesRegressor


class BoostedClasses(BoostedTrees):
    """LightGBM on the log loss: the sum of the trees is the logit of class 1, or of each class."""

    _objective, _metric = "binary", "binary_logloss"
    _standardises = False

    def fit(
        self,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None = None,
        sample_weight: Any = None,
    ) -> Self:
        if np.ndim(y) == 1:
            return super().fit(X, y, validation, sample_weight)
        self._objective, self._metric = "multiclass", "multi_logloss"
        self._classes = np.shape(y)[1]
        held = None if validation is None else (validation[0], np.argmax(validation[1], axis=1))
        return super().fit(X, np.argmax(y, axis=1), held, sample_weight)
