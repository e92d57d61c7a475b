"""The scikit-learn estimators: its own checks, and what a user of them relies on."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from fusionnas.data.elements import SYMBOLS
from fusionnas.estimators import FusionRegressor, FusionSearchCV

QUICK = {"width": 8, "epochs": 1, "device": "cpu"}
NUMBERS = "fits on numbers, and X must be formulas"
SEARCHES = "fits, which is a whole search; the slow test of a search does it"

# checks that call `fit` with numbers and expect it to work
FITS = (
    "check_fit_score_takes_y", "check_estimators_overwrite_params",
    "check_dont_overwrite_parameters", "check_estimators_fit_returns_self",
    "check_readonly_memmap_input", "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit", "check_estimators_dtypes", "check_dtype_object",
    "check_pipeline_consistency", "check_estimators_nan_inf", "check_estimator_sparse_tag",
    "check_estimators_pickle", "check_f_contiguous_array_estimator", "check_regressors_train",
    "check_regressor_data_not_an_array", "check_supervised_y_2d", "check_supervised_y_no_nan",
    "check_regressors_int", "check_methods_sample_order_invariance",
    "check_methods_subset_invariance", "check_dict_unchanged", "check_fit_idempotent",
    "check_fit_check_is_fitted", "check_n_features_in", "check_fit2d_predict1d",
    "check_complex_data", "check_fit2d_1sample", "check_estimators_empty_data_messages",
    "check_requires_y_none", "check_regressors_no_decision_function", "check_fit1d",
)  # fmt: skip


class OfNumbers(FusionRegressor):
    """The regressor behind a translation of numbers to formulas, so that all checks reach it.

    Column j is the amount of element j + 1, on a scale of its own.
    """


def as_formulas(X: Any, estimator: BaseEstimator) -> list[str]:  # noqa: N803
    numbers = validate_data(estimator, X, reset=not hasattr(estimator, "predictor_"))
    amounts = np.exp(np.clip(numbers, -4, 4))
    return [
        "".join(f"{SYMBOLS[z + 1]}{amount:.6f}" for z, amount in enumerate(row)) for row in amounts
    ]


@parametrize_with_checks(
    [FusionRegressor("lstm", **QUICK), FusionSearchCV()],
    expected_failed_checks=lambda estimator: dict.fromkeys(
        FITS, NUMBERS if isinstance(estimator, FusionRegressor) else SEARCHES
    ),
)
def test_scikit_learn_s_checks(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)
