"""Yardsticks of classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from fusionnas.models.baselines.classes import RandomForestShares, SharePredictor
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.stored import StoredYardstick
from fusionnas.models.baselines.yardsticks import CLASS_YARDSTICKS, yardstick
from fusionnas.statistics.class_metrics import log_loss
from fusionnas.tasks.kinds import task_of
from tests.made.class_study import THREE, class_dataset

DATA = class_dataset(400)
OF_THREE = class_dataset(400, THREE)


@pytest.fixture(scope="module", params=[row.name for row in CLASS_YARDSTICKS])
def fitted(request: pytest.FixtureRequest) -> FittedYardstick:
    return FittedYardstick.fit(yardstick(request.param), DATA, seed=0)


def test_it_predicts_probabilities_better_than_the_shares(fitted: FittedYardstick) -> None:
    test = DATA.parts.test
    found = fitted.predict(DATA.table.take(test))
    share = DATA.targets[DATA.parts.train].mean()
    constant = log_loss(np.full(len(test), share), DATA.targets[test])
    assert ((found >= 0) & (found <= 1)).all()
    if fitted.row.name == "shares":
        assert found == pytest.approx(share)
    else:
        assert log_loss(found, DATA.targets[test]) < 0.95 * constant


def test_a_stored_one_predicts_the_same(fitted: FittedYardstick, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    again = StoredYardstick.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(DATA.table), fitted.predict(DATA.table))


def test_a_refit_knows_the_validation_part(fitted: FittedYardstick) -> None:
    changed = DATA.targets.copy()
    changed[DATA.parts.val] = 1
    other = fitted.refit(replace(DATA, targets=changed))
    assert (other.predict(DATA.table) != fitted.refit(DATA).predict(DATA.table)).any()


def test_the_forest_is_that_of_a_classifier() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    y = (X[:, 0] + 0.5 * rng.normal(size=300) > 0).astype(float)
    ours = RandomForestShares(200).fit(X[:200], y[:200]).predict(X[200:])
    theirs = RandomForestClassifier(200, max_features=1 / 3, random_state=0).fit(X[:200], y[:200])
    assert np.abs(ours - theirs.predict_proba(X[200:])[:, 1]).mean() < 0.05


@pytest.mark.parametrize("name", [row.name for row in CLASS_YARDSTICKS])
def test_three_classes_get_a_probability_each(name: str, tmp_path: Path) -> None:
    fitted = FittedYardstick.fit(yardstick(name), OF_THREE, seed=0)
    test = OF_THREE.parts.test
    found = fitted.predict(OF_THREE.table.take(test))
    assert found.shape == (len(test), 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    constant = task_of(OF_THREE).constant_error(OF_THREE.targets, OF_THREE.targets[test])
    ours = task_of(OF_THREE).error.measure(found, OF_THREE.targets[test])
    assert ours < 0.95 * constant or name == "shares"
    fitted.save(tmp_path / "model")
    again = StoredYardstick.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(OF_THREE.table), fitted.predict(OF_THREE.table))


def test_trees_of_three_classes_are_those_of_a_classifier() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    y = np.digitize(X[:, 0] + 0.5 * rng.normal(size=300), [-0.5, 0.5])
    ours = RandomForestShares(200).fit(X[:200], np.eye(3)[y[:200]]).predict(X[200:])
    theirs = RandomForestClassifier(200, max_features=1 / 3, random_state=0).fit(X[:200], y[:200])
    assert np.abs(ours - theirs.predict_proba(X[200:])).mean() < 0.05


def test_shares_of_weighted_rows() -> None:
    x, y = np.zeros((4, 1)), np.array([0.0, 0.0, 1.0, 1.0])
    several = np.stack([1 - y, y, np.zeros(4)], axis=1)
    weights = [1.0, 1.0, 3.0, 3.0]
    assert SharePredictor().fit(x, y, weights).predict(x[:1]) == pytest.approx([0.75])
    assert SharePredictor().fit(x, several, weights).predict(x[:1])[0] == pytest.approx(
        [0.25, 0.75, 0]
    )
