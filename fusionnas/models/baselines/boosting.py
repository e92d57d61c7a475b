"""Gradient-boosted trees on the absolute error, by LightGBM (Ke et al., NeurIPS 2017)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from fusionnas.data.scaling import Scaler
from fusionnas.errors import RunError
from fusionnas.models.baselines.boosted_model import NEEDS_OPENMP, BoostedModel


class BoostedTrees(RegressorMixin, BaseEstimator):
    """LightGBM with the objective `regression_l1`: the value of a leaf is its median residual.

    Args:
        trees: number of trees; the maximum if validation rows stop the training.
        rate: learning rate of each tree.
        leaves: maximum number of leaves of a tree.
        min_samples_leaf: smallest number of training rows in a leaf.
        max_features: share of the features from which each tree is grown.
        patience: number of trees without a lower validation error after which the training stops.
        seed: seed of the random choice of features.

    Attributes:
        model_: the trees that were kept.
    """

    _objective, _metric = "regression_l1", "l1"
    _standardises = True  # LightGBM stores targets as float32
    _classes = 1  # outputs of the trees
    model_: BoostedModel

    def __init__(
        self,
        trees: int = 3000,
        *,
        rate: float = 0.03,
        leaves: int = 63,
        min_samples_leaf: int = 5,
        max_features: float = 0.3,
        patience: int = 150,
        seed: int = 0,
    ) -> None:
        self.trees = trees
        self.rate = rate
        self.leaves = leaves
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.patience = patience
        self.seed = seed

    def fit(
        self,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None = None,
        sample_weight: Any = None,
    ) -> Self:
        """Grow the trees on features X (N, F) and targets y (N,), with one thread.

        Args:
            X, y: training rows.
            validation: features (V, F) and targets (V,) whose error stops the training; the trees
                up to the lowest error are kept. Without them all `trees` are grown.
            sample_weight: weights of the training rows, (N,); None: all count alike.
        """
        library = _lightgbm()
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        scaler = Scaler.fit(y) if self._standardises else Scaler(0.0, 1.0)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        data = library.Dataset(X, scaler.standardise(y), weight=weights)
        held, callbacks = [], []
        if validation is not None:
            held_X = check_array(validation[0], dtype=np.float64)
            check_consistent_length(held_X, validation[1])
            held_y = scaler.standardise(np.asarray(validation[1], dtype=np.float64))
            held = [library.Dataset(held_X, held_y, reference=data)]
            callbacks = [library.early_stopping(self.patience, verbose=False)]
        grown = library.train(self._settings(), data, self.trees, held, callbacks=callbacks)
        kept = grown.best_iteration if held else grown.num_trees()
        # by way of its text form, so that it equals a stored one
        self.model_ = BoostedModel(grown.model_to_string(num_iteration=kept), scaler)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predictions (N,) in the unit of y."""
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, dtype=np.float64, reset=False))

    def settled(self) -> Self:
        """An unfitted copy that grows the number of trees that was kept here."""
        return clone(self).set_params(trees=self.model_.trees)

    def _settings(self) -> dict[str, Any]:
        return {
            "objective": self._objective,
            "metric": self._metric,
            "num_class": self._classes,
            "learning_rate": self.rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_samples_leaf,
            "feature_fraction": self.max_features,
            "seed": self.seed,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,  # otherwise the choice may differ between runs
            "verbosity": -1,
        }


def _lightgbm() -> Any:
    """The library; raises RunError if the system lacks a library that its wheel needs."""
    try:
        import lightgbm
    except OSError as e:
        raise RunError(f"LightGBM cannot be loaded: {e}. {NEEDS_OPENMP}") from e
    return lightgbm
