from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    parametrize_with_checks,
)

from fusionnas.data.dataset import Dataset
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.errors import BundleError
from fusionnas.models.baselines import boosting
from fusionnas.models.baselines.boosted_model import BoostedModel
from fusionnas.models.baselines.boosting import BoostedTrees
from fusionnas.models.baselines.classes import BoostedClasses
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.forest import ExtraTreesMedian, RandomForestMedian
from fusionnas.models.baselines.median import MedianPredictor
from fusionnas.models.baselines.stored import StoredYardstick
from fusionnas.models.baselines.yardsticks import YARDSTICKS, label_of, yardstick

NAMES = [row.name for row in YARDSTICKS]


@pytest.fixture(scope="module")
def few() -> Dataset:
    """600 compounds of the built-in data: 400 to train, 100 each to validate and test."""
    whole = load_dataset()
    rows = whole.parts.train[:600]
    places = np.split(np.arange(600), [400, 500])
    return replace(
        whole, table=whole.table.take(rows), targets=whole.targets[rows], parts=Parts(*places)
    )


# what draws or counts rows is not the same with a repeated row as with a weight of two
COUNTS_ROWS = {"check_sample_weight_equivalence_on_dense_data": "it draws or counts rows"}


@parametrize_with_checks(
    [MedianPredictor(), RandomForestMedian(5), BoostedTrees(30, rate=0.5)],
    expected_failed_checks=lambda estimator: (
        COUNTS_ROWS if isinstance(estimator, RandomForestMedian | BoostedTrees) else {}
    ),
)
def test_estimators_are_scikit_learns(estimator, check) -> None:
    check(estimator)


def test_a_row_of_weight_two_is_like_two_rows() -> None:
    """Without drawn rows, also for trees; a row of weight zero is like none."""
    check_sample_weight_equivalence_on_dense_data("ExtraTreesMedian", ExtraTreesMedian(5))


def test_boosting_and_the_median_go_by_the_weights(few: Dataset) -> None:
    """A quarter of the rows is far off, but counts little."""
    off = few.targets.copy()
    off[:100] += 1000.0
    counts = np.where(np.arange(len(off)) < 100, 1e-3, 1.0)
    noisy = replace(few, targets=off)
    test = few.parts.test
    for name in ("lightgbm", "median"):
        row = replace(yardstick(name), stops_on_validation=False)
        if name == "lightgbm":
            row = replace(row, estimator=lambda seed: BoostedTrees(30, rate=0.2, seed=seed))
        weighted, plain = (
            FittedYardstick.fit(row, data, 0).predict(few.table.take(test)) - few.targets[test]
            for data in (replace(noisy, weights=RowWeights("w", counts)), noisy)
        )
        assert np.abs(weighted).mean() < np.abs(plain).mean()


def test_names_and_labels_are_distinct() -> None:
    assert len(set(NAMES)) == len({row.label for row in YARDSTICKS}) == len(NAMES)
    assert label_of("lstm") == "LSTM reference"
    assert label_of("random_forest").endswith("(mean of trees)")  # as earlier studies have it


@pytest.fixture(scope="module", params=YARDSTICKS, ids=NAMES)
def fitted(few: Dataset, request) -> FittedYardstick:
    return FittedYardstick.fit(request.param, few, seed=0)


class TestEveryYardstick:
    """What every row gives."""

    def test_it_is_no_worse_than_the_median(self, few: Dataset, fitted: FittedYardstick) -> None:
        train, test = few.parts.train, few.parts.test
        wrong = np.abs(fitted.predict(few.table.take(test)) - few.targets[test]).mean()
        middle = np.abs(np.median(few.targets[train]) - few.targets[test]).mean()
        assert wrong == middle if fitted.row.name == "median" else wrong < 0.7 * middle

    def test_the_same_seed_gives_the_same(self, few: Dataset, fitted: FittedYardstick) -> None:
        again = FittedYardstick.fit(fitted.row, few, seed=0)
        assert (again.predict(few.table) == fitted.predict(few.table)).all()

    def test_the_test_part_has_no_say(self, few: Dataset, fitted: FittedYardstick) -> None:
        changed = few.targets.copy()
        changed[few.parts.test] += 1000
        other = FittedYardstick.fit(fitted.row, replace(few, targets=changed), seed=0)
        assert (other.predict(few.table) == fitted.predict(few.table)).all()

    def test_validation_rows_count_where_the_row_says_so(
        self, few: Dataset, fitted: FittedYardstick
    ) -> None:
        changed = few.targets.copy()
        changed[few.parts.val] = changed[few.parts.val][::-1]
        other = FittedYardstick.fit(fitted.row, replace(few, targets=changed), seed=0)
        same = (other.predict(few.table) == fitted.predict(few.table)).all()
        assert same != fitted.row.stops_on_validation

    def test_a_refit_knows_the_validation_part(self, few: Dataset, fitted: FittedYardstick) -> None:
        again = fitted.refit(few)
        val = few.parts.val
        errors = [
            np.abs(model.predict(few.table.take(val)) - few.targets[val]).mean()
            for model in (fitted, again)
        ]
        assert errors[1] < (0.9 if fitted.row.name != "median" else 1.01) * errors[0]
        if fitted.row.stops_on_validation:
            assert again.estimator.trees == fitted.model.trees

    def test_it_comes_back_from_its_folder(self, few: Dataset, fitted, tmp_path: Path) -> None:
        fitted.save(tmp_path / "kept")
        again = StoredYardstick.load(tmp_path / "kept")
        assert again.row is fitted.row
        assert (again.predict(few.table) == fitted.predict(few.table)).all()
        formulas = ["SrTiO3", "O3TiSr"]
        assert np.ptp(again.predict_formulas(formulas)) == 0
        told = json.loads((tmp_path / "kept" / "yardstick.json").read_text())
        assert told["parameters"] == fitted.estimator.get_params()
        with pytest.raises(BundleError, match="exists already"):
            fitted.save(tmp_path / "kept")


def test_the_trees_up_to_the_lowest_validation_error_are_kept(few: Dataset) -> None:
    row = replace(yardstick("lightgbm"), estimator=lambda seed: BoostedTrees(500, rate=0.5))
    fitted = FittedYardstick.fit(row, few, 0)
    assert 0 < fitted.model.trees < 500
    assert fitted.refit(few).model.trees == fitted.model.trees


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_boosted_trees_predict_what_lightgbms_own_package_does(
    few: Dataset, classes: int, tmp_path: Path
) -> None:
    """To the last bit, also after a copy by pickle and from a file."""
    import lightgbm

    X, y = composition_features(few.table), few.targets
    if classes:
        y = np.digitize(y, np.quantile(y, np.arange(1, classes) / classes)).astype(float)
    fitted = (BoostedClasses(20) if classes else BoostedTrees(20)).fit(
        X, np.eye(classes)[y.astype(int)] if classes > 2 else y
    )
    theirs = lightgbm.Booster(model_str=fitted.model_.text).predict(X.astype(np.float64))
    theirs = fitted.model_.scaler.restore(theirs)
    fitted.model_.write(tmp_path)
    for ours in (
        fitted.model_,
        pickle.loads(pickle.dumps(fitted.model_)),
        BoostedModel.read(tmp_path),
    ):
        assert (ours.predict(X) == theirs).all()
        assert ours.spread(X).shape == theirs.shape
    with pytest.raises(ValueError, match="5 features were given, and the model reads 142"):
        fitted.model_.predict(X[:, :5])


def test_a_text_that_is_no_model_of_boosted_trees(tmp_path: Path) -> None:
    (tmp_path / "lightgbm.txt").write_text("no trees")
    (tmp_path / "scaling.json").write_text('{"mean": 0, "std": 1}')
    with pytest.raises(BundleError, match="cannot be read as a LightGBM model"):
        BoostedModel.read(tmp_path)


def test_targets_that_float32_cannot_tell_apart() -> None:
    X = np.random.default_rng(0).normal(size=(400, 2))
    y = np.round(8 * X[:, 0] * X[:, 1]) / 8
    here, far = (BoostedTrees(50).fit(X, shift + y).predict(X) - shift for shift in (0, 2.0**30))
    assert np.ptp(here) > 1
    np.testing.assert_allclose(far, here, atol=1e-5)


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "no json",
        '{"format": 9, "name": "median", "parameters": {}}',
        '{"format": 1, "name": "medium", "parameters": {}}',
    ],
)
def test_a_folder_that_is_no_yardstick(content: str, tmp_path: Path) -> None:
    (tmp_path / "yardstick.json").write_text(content)
    with pytest.raises(BundleError):
        StoredYardstick.load(tmp_path)


def test_a_system_without_openmp_is_told_what_to_install(monkeypatch) -> None:
    import builtins

    real = builtins.__import__

    def without(name: str, *rest, **named):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(boosting.RunError, match="libgomp1"):
        BoostedTrees().fit(np.eye(4), np.arange(4.0))
