"""Forests that predict the median of their trees, which suits the mean absolute error.

The mean of the trees suits a squared error. If targets have a heavy tail, a single tree with an
outlier changes the mean of all trees, but not their median. (Meinshausen, J. Mach. Learn. Res. 7
(2006) 983, uses quantiles of the leaves' targets; with one target in each leaf this is the same.)
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from fusionnas.data.scaling import Scaler
from fusionnas.models.baselines.forest_model import ForestModel
from fusionnas.models.baselines.trees import Trees


class MedianForest(RegressorMixin, BaseEstimator):
    """The common part of both forests; they differ in how a tree is grown.

    Args:
        trees: number of trees.
        max_features: share of the features from which each split is chosen.
        min_samples_leaf: smallest number of training rows in a leaf.
        seed: seed of the random choice of rows and features.

    Attributes:
        model_: the fitted trees.
    """

    _forest: type[RandomForestRegressor] | type[ExtraTreesRegressor]
    _of_classes = False  # whether targets are shares of classes, which may be (N, K)
    model_: ForestModel

    def __init__(
        self,
        trees: int = 100,
        *,
        max_features: float = 1 / 3,
        min_samples_leaf: int = 1,
        seed: int = 0,
    ) -> None:
        self.trees = trees
        self.max_features = max_features
        self.min_samples_leaf = min_samples_leaf
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Grow the trees on features X (N, F) and targets y (N,), whose rows may have weights (N,),
        with one thread."""
        X, y = validate_data(
            self, X, y, dtype=np.float32, y_numeric=True, multi_output=self._of_classes
        )
        scaler = Scaler.fit(y)  # scikit-learn makes a leaf of any node with a variance below 2e-16
        forest = self._forest(
            self.trees,
            max_features=self.max_features,
            min_samples_leaf=self.min_samples_leaf,
            random_state=self.seed,
            n_jobs=1,
        )
        forest.fit(X, scaler.standardise(y), sample_weight)
        self.model_ = ForestModel(Trees.of(forest.estimators_, scaler), self._of_classes)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The median of the trees, (N,), in the unit of y; of classes their probabilities."""
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, dtype=np.float32, reset=False))

    def settled(self) -> Self:
        """An unfitted copy."""
        return clone(self)


class RandomForestMedian(MedianForest):
    """Trees on rows drawn with replacement (Breiman, Mach. Learn. 45 (2001) 5)."""

    _forest = RandomForestRegressor


class ExtraTreesMedian(MedianForest):
    """Trees on all rows, split at thresholds drawn at random (Geurts et al., Mach. Learn. 63
    (2006) 3)."""

    _forest = ExtraTreesRegressor
