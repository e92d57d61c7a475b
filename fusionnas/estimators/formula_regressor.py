"""The methods of fitted regressors: predict, and give intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from fusionnas.estimators.formula_estimator import FormulaEstimator
from fusionnas.models.predictor import INTERVAL

if TYPE_CHECKING:
    import pandas as pd


class FormulaRegressor(RegressorMixin, FormulaEstimator):
    """The common part of both regressors."""

    def predict(
        self,
        X: Any,
        return_std: bool = False,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Predictions (N,) in the unit of y; with `return_std` also their standard deviations (N,).

        Of several targets both are (N, T), in the order of the columns of y.

        Raises:
            FormulaError: a formula cannot be read. NotFittedError: `fit` was not called.
        """
        frame = self.predict_frame(X)
        value = self._column(frame, "value")
        return (value, self._column(frame, "uncertainty")) if return_std else value

    def predict_interval(
        self,
        X: Any,
        level: float = INTERVAL,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) of intervals that should contain the true value in `level` of
        cases; (N, T) for several targets.

        They do this if the network's intervals were corrected (`predictor_.calibration`), for
        compounds like those that it was trained on.
        """
        frame = self.predict_frame(X, level)
        return self._column(frame, "lower"), self._column(frame, "upper")

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² of the predictions; of several targets the mean of each one's over its known rows.

        Args:
            X: formulas, as for `predict`.
            y: true values (N,), or (N, T) with NaN for gaps.
            sample_weight: weights (N,).

        Raises:
            ValueError: y has another number of columns, or a target has no known row.
        """
        predicted = np.asarray(self.predict(X), dtype=np.float64)
        said, truth = (
            values.reshape(len(predicted), -1)
            for values in (predicted, np.asarray(y, dtype=np.float64))
        )
        if said.shape != truth.shape:
            raise ValueError(f"y has {truth.shape[1]} columns, but {said.shape[1]} are predicted.")
        weight = None if sample_weight is None else np.asarray(sample_weight)
        scores = []
        for mine, true in zip(said.T, truth.T, strict=True):
            # a gap is left out, and NaN of a single target is an error as anywhere else
            known = np.isfinite(true) if truth.shape[1] > 1 else np.ones(len(true), dtype=bool)
            own = None if weight is None else weight[known]
            scores.append(r2_score(true[known], mine[known], sample_weight=own))
        return float(np.mean(scores))

    def _column(self, frame: pd.DataFrame, name: str) -> np.ndarray:
        targets = self.predictor_.targets
        return frame[[f"{name}_{one}" for one in targets] if targets else name].to_numpy()
