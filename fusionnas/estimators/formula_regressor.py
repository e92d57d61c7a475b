"""What an estimator does once it is fitted: predict, tell intervals, save its network."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from fusionnas.estimators.inputs import formulas_of
from fusionnas.models.bundle import save_bundle
from fusionnas.models.model_card import MODEL_CARD, model_card
from fusionnas.models.predictor import INTERVAL, Predictor

if TYPE_CHECKING:
    import pandas as pd


class FormulaRegressor(RegressorMixin, BaseEstimator):
    """What both estimators do once they hold a `predictor_`."""

    formula_column: str | None
    predictor_: Predictor

    def predict(
        self,
        X: Any,
        return_std: bool = False,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Predictions (N,) in the unit of y, and with `return_std` their standard deviations (N,).

        Raises:
            FormulaError: a formula that cannot be read; NotFittedError: before `fit`.
        """
        frame = self.predict_frame(X)
        value = frame["value"].to_numpy()
        return (value, frame["uncertainty"].to_numpy()) if return_std else value

    def predict_interval(
        self,
        X: Any,
        level: float = INTERVAL,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) of intervals meant to hold the true value in `level` of cases.

        They do where the network's intervals were corrected (`predictor_.calibration`), for
        compounds like those that it was trained on.
        """
        frame = self.predict_frame(X, level)
        return frame["lower"].to_numpy(), frame["upper"].to_numpy()

    def predict_frame(self, X: Any, level: float = INTERVAL) -> pd.DataFrame:
        """All that is told of each formula; the columns are those of `Predictor.predict`."""
        check_is_fitted(self, "predictor_")
        return self.predictor_.predict(self._formulas(X), level)

    def save(self, folder: str | Path) -> Path:
        """Write the network as a bundle, which `fusionnas predict` and `fusionnas.load` read.

        Raises:
            BundleError: the folder exists and is not empty, or cannot be written.
        """
        check_is_fitted(self, "predictor_")
        bundle = self.predictor_.bundle
        network = copy.deepcopy(bundle.network).cpu()
        save_bundle(
            Path(folder),
            network,
            bundle.scaler,
            bundle.manifest,
            bundle.compositions,
            {MODEL_CARD: model_card(bundle.manifest)},
            bundle.calibration,
            bundle.before,
        )
        return Path(folder)

    def _formulas(self, X: Any) -> list[str]:
        return formulas_of(X, self.formula_column)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.input_tags.two_d_array = True  # of one column
        return tags
