"""The common methods of fitted estimators: read formulas, predict a table, save the network."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from fusionnas.estimators.inputs import cells_of, formulas_of
from fusionnas.models.bundle import save_bundle
from fusionnas.models.model_card import MODEL_CARD, model_card
from fusionnas.models.predictor import INTERVAL, Predictor

if TYPE_CHECKING:
    import pandas as pd


class FormulaEstimator(BaseEstimator):
    """What every estimator of formulas can do that has a `predictor_` after `fit`."""

    formula_column: str | None
    predictor_: Predictor

    def predict_frame(self, X: Any, level: float = INTERVAL) -> pd.DataFrame:
        """All values and flags of each formula; the columns are those of `Predictor.predict`."""
        check_is_fitted(self, "predictor_")
        known = self.predictor_.conditions
        names = () if known is None else known.names
        cells = cells_of(X, names)
        given = None if cells is None else {n: cells[:, k].tolist() for k, n in enumerate(names)}
        return self.predictor_.predict(self._formulas(X), level, conditions=given)

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
            bundle.calibrations,
        )
        return Path(folder)

    def _formulas(self, X: Any) -> list[str]:
        return formulas_of(X, self.formula_column)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.input_tags.two_d_array = True  # with one column
        return tags
