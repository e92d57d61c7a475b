"""The scikit-learn estimators: its own checks, and what a user of them relies on."""

from __future__ import annotations

import pickle
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

import fusionnas
from fusionnas.data.elements import SYMBOLS
from fusionnas.errors import DataError
from fusionnas.estimators import FusionRegressor, FusionSearchCV
from fusionnas.estimators.inputs import formulas_of, targets_of
from tests.made.small_data import small_dataset

QUICK: dict[str, Any] = {
    "architecture": "lstm",
    "width": 8,
    "epochs": 1,
    "device": "cpu",
    "validation_share": 0.25,
}


class OfNumbers(FusionRegressor):
    """The regressor behind a translation of numbers to formulas, so that all checks reach it."""

    def _formulas(self, X: Any) -> list[str]:
        X = validate_data(self, X, reset=not hasattr(self, "predictor_"))
        amounts = 1 + np.round(5000 * (1 + np.sin(np.asarray(X, dtype=float)))).astype(int)
        # the last element is always there, so that one column makes compositions, too
        return [
            "".join(f"{SYMBOLS[z]}{amount}" for z, amount in enumerate(row, start=1)) + "Sr5000"
            for row in amounts[:, :3]
        ]

    def fit(self, X: Any, y: Any) -> OfNumbers:
        if hasattr(self, "predictor_"):
            del self.predictor_
        return super().fit(X, y)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = tags.input_tags.string = False
        tags.regressor_tags.poor_score = True
        return tags


FAILURES = (ValueError, IndexError, AssertionError)
# X is numbers in these checks, which are no formulas; the class OfNumbers is checked instead
OF_NUMBERS = {
    "check_fit_score_takes_y",
    "check_estimators_overwrite_params",
    "check_dont_overwrite_parameters",
    "check_estimators_fit_returns_self",
    "check_readonly_memmap_input",
    "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit",
    "check_estimators_dtypes",
    "check_dtype_object",
    "check_estimators_empty_data_messages",
    "check_pipeline_consistency",
    "check_estimators_nan_inf",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_regressors_train",
    "check_regressor_data_not_an_array",
    "check_regressors_no_decision_function",
    "check_supervised_y_2d",
    "check_regressors_int",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_fit2d_1sample",
    "check_dict_unchanged",
    "check_fit_idempotent",
    "check_fit_check_is_fitted",
    "check_n_features_in",
    "check_fit2d_predict1d",
    "check_sample_weights_pandas_series",
    "check_sample_weights_not_an_array",
    "check_sample_weights_list",
    "check_sample_weights_shape",
    "check_sample_weights_not_overwritten",
    "check_sample_weight_equivalence_on_dense_data",
}
# in these, scikit-learn takes the first column of X, and then reads it as a matrix
ONE_DIMENSION = {"check_estimator_sparse_array", "check_fit2d_1feature"}
FORMULAS_ONLY = OF_NUMBERS | ONE_DIMENSION
# these have ten samples, which are too few to train on
TOO_FEW = {
    "check_estimators_nan_inf",
    "check_regressors_no_decision_function",
    "check_fit2d_1feature",
}


def run(check: Any, estimator: BaseEstimator, failing: Container[str]) -> None:
    """Run a check, which must fail if it is one of these.

    The failure is caught here: the account that pytest gives of one that it expects takes longer
    than the check.
    """
    if getattr(check, "func", check).__name__ in failing:
        with pytest.raises(FAILURES):
            check(estimator)
    else:
        check(estimator)


@parametrize_with_checks([FusionRegressor(**QUICK), FusionSearchCV()])
def test_scikit_learn_s_own_checks(estimator: BaseEstimator, check: Any) -> None:
    run(check, estimator, FORMULAS_ONLY)


@parametrize_with_checks([OfNumbers(**QUICK)])
def test_the_checks_that_fit(estimator: BaseEstimator, check: Any) -> None:
    run(check, estimator, TOO_FEW)


@pytest.fixture(scope="module")
def data() -> tuple[list[str], np.ndarray]:
    dataset = small_dataset(120)
    return dataset.table.formulas(), dataset.targets


@pytest.fixture(scope="module")
def fitted(data: tuple[list[str], np.ndarray]) -> FusionRegressor:
    return FusionRegressor("lstm", width=16, epochs=80, unit="Pauling").fit(*data)


def test_it_learns_and_tells_how_sure_it_is(
    fitted: FusionRegressor, data: tuple[list[str], np.ndarray]
) -> None:
    formulas, y = data
    assert fitted.score(formulas, y) > 0.3
    value, deviation = fitted.predict(formulas, return_std=True)
    lower, upper = fitted.predict_interval(formulas, level=0.5)
    assert ((lower < value) & (value < upper) & (deviation > 0)).all()
    assert fitted.metrics_["val_mae"] > 0
    assert len(fitted.history_) == fitted.epochs
    frame = fitted.predict_frame(["HeNe", formulas[0]])
    assert frame["far"].tolist()[0]


def test_neither_order_nor_the_form_of_x_matters(
    fitted: FusionRegressor, data: tuple[list[str], np.ndarray]
) -> None:
    formulas, y = data
    order = np.random.default_rng(0).permutation(len(y))
    again = clone(fitted).fit(np.array(formulas)[order], y[order])
    expected = fitted.predict(formulas)
    np.testing.assert_array_equal(again.predict(formulas), expected)
    frame = pd.DataFrame({"id": 1, "Formula": formulas})
    forms = (np.array(formulas), np.array(formulas)[:, None], pd.Series(formulas), frame)
    for form in forms:
        np.testing.assert_array_equal(fitted.predict(form), expected)


def test_it_is_pickled_and_saved(
    fitted: FusionRegressor, data: tuple[list[str], np.ndarray], tmp_path: Path
) -> None:
    expected = fitted.predict(data[0])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(data[0]), expected)
    found = fusionnas.load(fitted.save(tmp_path / "model")).predict(data[0])
    np.testing.assert_allclose(found["value"], expected, rtol=1e-5)
    assert set(found["unit"]) == {"Pauling"}
    assert "(Pauling)" in (tmp_path / "model" / "model_card.md").read_text()


def test_whole_numbers_of_numpy_and_named_targets(
    data: tuple[list[str], np.ndarray], tmp_path: Path
) -> None:
    one = np.int64(1)
    y = pd.Series(data[1], name=np.int64(3))
    regressor = FusionRegressor("lstm", width=8 * one, epochs=one, seed=one).fit(data[0], y)
    assert fusionnas.load(regressor.save(tmp_path / "model")).manifest["target"] == "3"


def test_intervals_are_corrected_by_compositions_of_their_own(
    data: tuple[list[str], np.ndarray], fitted: FusionRegressor, tmp_path: Path
) -> None:
    X, y = data
    assert fitted.predictor_.calibration is None
    held = clone(fitted).set_params(calibration_share=0.25, epochs=4).fit(X, y)
    bundle = held.predictor_.bundle
    assert bundle.calibration is not None
    count = len(bundle.calibration.scores)
    assert count == round(0.25 * len(set(X))) == bundle.manifest["interval"]["rows"]
    assert bundle.manifest["data"]["compositions"]["test"] == count
    expected = np.stack(held.predict_interval(X), axis=1)
    order = np.random.default_rng(0).permutation(len(y))
    again = clone(held).fit(np.array(X)[order], y[order])
    np.testing.assert_array_equal(np.stack(again.predict_interval(X), axis=1), expected)
    frame = fusionnas.load(held.save(tmp_path / "bundle")).predict(X)
    np.testing.assert_allclose(frame[["lower", "upper"]], expected, rtol=1e-5)
    with pytest.raises(ValueError, match="needs 20"):
        clone(held).set_params(calibration_share=0.01).fit(X, y)
    with pytest.raises(ValueError, match="calibration share must be"):
        clone(held).set_params(calibration_share=0.9).fit(X, y)


def test_in_scikit_learn_s_tools(data: tuple[list[str], np.ndarray]) -> None:
    formulas, y = data
    pipeline = make_pipeline(FunctionTransformer(lambda X: X), FusionRegressor(**QUICK))
    assert len(cross_val_score(pipeline, formulas, y, cv=2)) == 2
    search = GridSearchCV(FusionRegressor(**QUICK), {"architecture": ["lstm", "cnn"]}, cv=2)
    assert search.fit(formulas, y).best_params_["architecture"] in ("lstm", "cnn")


def test_what_cannot_be_fitted(data: tuple[list[str], np.ndarray]) -> None:
    formulas, y = data
    for wrong, message in (
        (lambda: FusionRegressor(**QUICK).fit(["NaCl"] * 30, y[:30]), "1 distinct compositions"),
        (lambda: FusionRegressor(**QUICK).fit([*formulas[1:], "Fe@O"], y), "row 119: 'Fe@O'"),
        (lambda: FusionRegressor(**QUICK).fit(formulas, np.full(len(y), np.nan)), "NaN"),
        (lambda: FusionRegressor(validation_share=2).fit(formulas, y), "between 0 and 1"),
        (lambda: FusionRegressor("lsmt").fit(formulas, y), "did you mean 'lstm'"),
        (lambda: formulas_of(pd.DataFrame({"a": [1], "b": [2]})), "Which column of X"),
        (lambda: formulas_of(pd.DataFrame({"a": [1], "b": [2]}), "c"), "no column 'c'"),
        (
            lambda: formulas_of(pd.DataFrame([["NaCl", "KCl"]], columns=["a", "a"]), "a"),
            "2 columns",
        ),
        (lambda: formulas_of(["NaCl", None]), "row 1: there is no formula; pandas reads the text"),
        (lambda: formulas_of(pd.Series(["NaCl", float("nan")])), "row 1: there is no formula"),
        (
            lambda: targets_of(pd.date_range("2024-01-01", periods=2), ["NaCl", "KCl"]),
            "holds dates",
        ),
        (lambda: FusionRegressor(**QUICK).fit(formulas, [*y[1:], 1e300]), "overflow"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"epochs": 2.0}, "epochs must be a whole number, but got 2.0"),
        ({"width": "64"}, "width must be a whole number"),
        ({"seed": None}, "seed must be a whole number"),
        ({"calibration_share": None}, "calibration_share must be a number"),
        ({"freeze": ["embedding"]}, "freeze must be text"),
        ({"precision": "bf61"}, "no precision 'bf61'"),
        ({"device": "nowhere"}, "device 'nowhere' cannot be used"),
        ({"device": "meta"}, "run on cpu and cuda"),
    ],
)
def test_parameters_are_checked_first(
    data: tuple[list[str], np.ndarray], parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        FusionRegressor("lstm", **({"width": 8, "epochs": 100_000} | parameters)).fit(*data)


@pytest.mark.slow
def test_a_search_is_an_estimator(data: tuple[list[str], np.ndarray], tmp_path: Path) -> None:
    formulas, y = data
    search = FusionSearchCV(
        "small-data",
        trials=2,
        epochs=3,
        probe="all",
        workers=1,
        runs=tmp_path / "runs",
        quality="fast",
        folds="off",
    ).fit(formulas, y)
    best = search.best_estimator_
    np.testing.assert_array_equal(best.predict(formulas), search.predict(formulas))
    assert search.study_.summary["chosen"]["val_mae"] == best.metrics_["val_mae"]
    assert clone(best).architecture == best.predictor_.bundle.network.architecture
    assert pickle.loads(pickle.dumps(search)).predict(["NaCl"]).shape == (1,)


def test_a_split_by_a_column_needs_it_in_x() -> None:
    with pytest.raises(DataError, match="needs X to be a DataFrame with the column 'lab'"):
        FusionSearchCV(split="column:lab").fit(["NaCl", "KCl"], [1.0, 2.0])


def test_the_column_of_a_split_is_read_once() -> None:
    X = pd.DataFrame({"formula": ["NaCl", "KCl"], "lab": ["a", "b"]})
    y = pd.Series([1.0, 2.0], name="lab")
    with pytest.raises(DataError, match="'lab' is the name of the formulas or of y, too"):
        FusionSearchCV(split="column:lab").fit(X, y)


def test_the_score_of_several_targets_leaves_gaps_out() -> None:
    data = small_dataset(200)
    formulas = data.table.formulas()
    y = np.stack([data.targets, -2 * data.targets], axis=1)
    gaps = y.copy()
    gaps[::3, 1] = np.nan
    model = FusionRegressor("cnn", width=16, epochs=30).fit(formulas, gaps)
    said, known = model.predict(formulas), np.isfinite(gaps[:, 1])
    expected = [r2_score(gaps[:, 0], said[:, 0]), r2_score(gaps[known, 1], said[known, 1])]
    assert model.score(formulas, gaps) == pytest.approx(np.mean(expected))
    with pytest.raises(ValueError, match="y has 1 columns, but 2 are predicted"):
        model.score(formulas, gaps[:, 0])


def test_a_target_with_too_few_held_values_is_told_before_the_training() -> None:
    data = small_dataset(200)
    y = np.stack([data.targets, data.targets], axis=1)
    y[np.arange(len(y)) % 10 > 0, 1] = np.nan
    with pytest.raises(DataError, match=r"is \d+ distinct compositions with '.*' that no training"):
        FusionRegressor("lstm", width=16, epochs=1, calibration_share=0.3).fit(
            data.table.formulas(), y
        )
