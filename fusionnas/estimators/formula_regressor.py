"""The methods of fitted regressors: predict, and give intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from fusionnas.estimators.formula_estimator import FormulaEstimator
from fusionnas.models.predictor import INTERVAL


class FormulaRegressor(RegressorMixin, FormulaEstimator):
    """The common part of both regressors."""

    def predict(
        self,
        X: Any,
        return_std: bool = False,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Predictions (N,) in the unit of y; with `return_std` also their standard deviations (N,).

        Raises:
            FormulaError: a formula cannot be read. NotFittedError: `fit` was not called.
        """
        frame = self.predict_frame(X)
        value = frame["value"].to_numpy()
        return (value, frame["uncertainty"].to_numpy()) if return_std else value

    def predict_interval(
        self,
        X: Any,
        level: float = INTERVAL,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) of intervals that should contain the true value in `level` of
        cases.

        They do this if the network's intervals were corrected (`predictor_.calibration`), for
        compounds like those that it was trained on.
        """
        frame = self.predict_frame(X, level)
        return frame["lower"].to_numpy(), frame["upper"].to_numpy()
