"""Yardsticks of two classes: they predict the probability of class 1.

Targets are codes 0 and 1, (N,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from fusionnas.models.baselines.boosting import BoostedTrees
from fusionnas.models.baselines.forest import MedianForest
from fusionnas.models.baselines.median import MedianPredictor


class SharePredictor(MedianPredictor):
    """Ignores the compound: the share of class 1, stored where the median is for numbers."""

    def _constant(self, y: np.ndarray) -> float:
        return float(np.mean(y))


class _ClassForest(MedianForest):
    """The mean over the trees of the share of class 1 in a leaf.

    For codes 0 and 1 the variance within a node is half its Gini impurity, so trees of regression
    are the trees of a classifier.
    """

    def predict(self, X: Any) -> np.ndarray:
        """Probabilities of class 1, (N,)."""
        return np.clip(self.mean(X), 0, 1)


class RandomForestShares(_ClassForest):
    """A random forest of classes."""

    _forest = RandomForestRegressor


class ExtraTreesShares(_ClassForest):
    """Extra trees of classes."""

    _forest = ExtraTreesRegressor


class BoostedClasses(BoostedTrees):
    """LightGBM on the log loss: the sum of the trees is the logit of class 1."""

    _objective, _metric = "binary", "binary_logloss"
    _standardises = False
