"""The classifier of scikit-learn."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score

import fusionnas
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError
from fusionnas.estimators import FusionClassifier
from tests.made.small_data import small_dataset


def data(rows: int = 300) -> tuple[list[str], np.ndarray]:
    made = small_dataset(rows)
    words = np.array(["metal", "salt"])
    return made.table.formulas(), words[(made.targets > np.median(made.targets)).astype(int)]


@pytest.fixture(scope="module")
def fitted() -> FusionClassifier:
    return FusionClassifier("lstm", width=16, epochs=40, calibration_share=0.2).fit(*data())


def test_it_gives_classes_and_probabilities(fitted: FusionClassifier) -> None:
    formulas, y = data()
    assert fitted.classes_.tolist() == ["metal", "salt"]
    assert fitted.score(formulas, y) > 0.8
    p = fitted.predict_proba(formulas)
    assert p.shape == (300, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.predict(formulas), fitted.classes_[p.argmax(axis=1)])
    assert fitted.metrics_["val_roc_auc"] > 0.8
    assert fitted.predictor_.manifest["temperature"]["rows"] == 60


def test_it_is_saved_and_pickled(fitted: FusionClassifier, tmp_path: Path) -> None:
    formulas = data()[0][:5]
    loaded = fusionnas.load(fitted.save(tmp_path / "model"))
    assert loaded.classes == ("metal", "salt")
    expected = fitted.predict_proba(formulas)[:, 1]
    np.testing.assert_allclose(loaded.predict(formulas)["value"], expected, rtol=1e-6)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(copy.predict_proba(formulas)[:, 1], expected, rtol=1e-6)


def test_it_keeps_the_type_of_the_classes_in_cross_validation() -> None:
    formulas, words = data(120)
    y = np.where(words == "salt", 7, 3)
    quick = FusionClassifier("lstm", width=8, epochs=2)
    assert quick.fit(formulas, y).predict(formulas[:3]).dtype == y.dtype
    assert len(cross_val_score(quick, formulas, y, cv=2, scoring="roc_auc")) == 2


def test_three_classes_have_a_column_each() -> None:
    made = small_dataset(120)
    y = np.array(["c", "a", "b"])[np.searchsorted([1.9, 2.3], made.targets)]
    quick = FusionClassifier("lstm", width=8, epochs=2, calibration_share=0.35)
    p = quick.fit(made.table.formulas(), y).predict_proba(["NaCl", "FeNi"])
    assert quick.classes_.tolist() == ["a", "b", "c"]
    assert p.shape == (2, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert quick.predictor_.manifest["temperature"]["rows"] == 42


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 60, "two classes or more, but has 1 class"),
        ([f"word{place}" for place in range(60)], "60 different values"),
        (["a", None] * 30, "row 1 has none"),
        (["b"] + ["a"] * 59, "'b' has 1 row"),
        (None, "target y is None"),
    ],
)
def test_other_classes_are_refused(y: list[str] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FusionClassifier("lstm", width=8, epochs=1).fit(data(60)[0], y)


def test_too_few_rows_for_a_temperature_are_refused() -> None:
    with pytest.raises(DataError, match="needs 40"):
        FusionClassifier("lstm", width=8, epochs=1, calibration_share=0.1).fit(*data(60))


def test_a_network_whose_classes_are_in_another_order_is_trained_further(tmp_path: Path) -> None:
    """A table puts the name that denies first; scikit-learn sorts by the alphabet."""
    formulas, words = data()
    y = np.where(words == "salt", "non-metal", "metal")
    table = load_dataset(pd.DataFrame({"formula": formulas, "kind": y}), target_column="kind")
    assert table.classes == ("non-metal", "metal")
    fusionnas.train("lstm", table, tmp_path / "first", width=16, epochs=40)
    further = FusionClassifier(init_from=tmp_path / "first", epochs=1).fit(formulas, y)
    assert further.classes_.tolist() == ["metal", "non-metal"]
    assert "readout" not in further.predictor_.manifest["origin"]
    assert further.metrics_["start_log_loss"] < 0.6
    assert further.score(formulas, y) > 0.8


def test_classes_that_a_table_would_not_tell_apart_are_told() -> None:
    formulas, words = data(60)
    y = np.where(words == "salt", "1", "1.0")
    with pytest.raises(DataError, match="several classes that are written '1' in a table"):
        FusionClassifier("lstm", width=8, epochs=1).fit(formulas, y)
