"""Yardsticks of classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from fusionnas.models.baselines.classes import RandomForestShares
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import CLASS_YARDSTICKS, yardstick
from fusionnas.statistics.class_metrics import log_loss
from tests.made.class_study import class_dataset

DATA = class_dataset(400)


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
    again = FittedYardstick.load(tmp_path / "model")
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
