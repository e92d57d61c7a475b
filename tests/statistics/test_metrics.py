"""Errors of predictions, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from fusionnas.statistics.metrics import mae, r2, rmse


def test_errors_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=50)
    prediction = target + 0.3 * rng.normal(size=50)
    assert mae(prediction, target) == pytest.approx(mean_absolute_error(target, prediction))
    assert rmse(prediction, target) == pytest.approx(root_mean_squared_error(target, prediction))
    assert r2(prediction, target) == pytest.approx(r2_score(target, prediction))
    assert np.isnan(r2(prediction, np.ones(50)))
