"""What regression decides, under the names that files have had since version 0.1."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.data.scaling import Scaler
from fusionnas.tasks.regression import REGRESSION


def test_scores_have_the_keys_that_files_know() -> None:
    found = REGRESSION.scores("val", np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 2.0]))
    assert list(found) == ["val_mae", "val_rmse"]
    assert found["val_mae"] == 2
    assert found["val_rmse"] == pytest.approx((20 / 3) ** 0.5)


def test_skill_is_measured_from_the_median() -> None:
    known, target = np.array([0.0, 1.0, 50.0]), np.array([1.0, 5.0])
    assert REGRESSION.constant_error(known, target) == 2
    assert REGRESSION.skill(0.5, 2.0) == 0.75
    assert REGRESSION.skill(2.0, 2.0) == 0
    assert REGRESSION.skill(1.0, 0.0) == 0
    assert REGRESSION.collapsed(0.019)
    assert not REGRESSION.collapsed(0.02)


def test_outputs_are_decoded_to_the_unit_of_the_target() -> None:
    scaler = Scaler(mean=10, std=4)
    value, deviation = REGRESSION.decode(np.array([0.5]), np.log([0.25]), scaler)
    assert (value.item(), deviation.item()) == (12, 1)
