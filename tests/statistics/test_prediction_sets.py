"""Prediction sets: what they promise, and what is always true of them."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.errors import OptionError
from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.statistics.prediction_sets import HELD_OUT, fit_sets, sets_of
from fusionnas.statistics.temperature import softmax


def drawn(rows: int, seed: int, sure: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three classes that are wrong by a factor on the logits, and true classes."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, 3))
    codes = (softmax(z).cumsum(axis=1) < rng.uniform(size=(rows, 1))).sum(axis=1)
    return softmax(sure * z), np.minimum(codes, 2).astype(float)


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_the_sets_of_a_wrong_model_hold_the_true_class(level: float) -> None:
    """Over many calibrations: their chance is the level, up to one row of each."""
    held = []
    for seed in range(60):
        p, codes = drawn(300, seed)
        made = Calibration(np.sort(1 - p[np.arange(100), codes[:100].astype(int)]))
        rest = sets_of(made, p[100:], level)
        held.append(rest[np.arange(200), codes[100:].astype(int)].mean())
    assert np.mean(held) == pytest.approx(level, abs=0.02)


def test_a_set_grows_with_the_level_and_is_never_empty() -> None:
    p, codes = drawn(200, 0)
    found = fit_sets(p, codes)
    assert found is not None
    small, large = (sets_of(found[0], p, level) for level in (0.6, 0.9))
    assert (small <= large).all()
    assert small[np.arange(200), p.argmax(axis=1)].all()
    assert small.sum() < large.sum()


def test_a_class_goes_with_its_row() -> None:
    """Another order of classes gives the same sets in that order."""
    p, codes = drawn(200, 1)
    order = np.array([2, 0, 1])
    made, again = fit_sets(p, codes), fit_sets(p[:, order], np.argsort(order)[codes.astype(int)])
    assert made is not None
    assert again is not None
    assert made[1] == again[1]
    np.testing.assert_array_equal(
        sets_of(made[0], p, 0.9)[:, order], sets_of(again[0], p[:, order], 0.9)
    )


def test_the_check_is_on_rows_that_made_no_set() -> None:
    p, codes = drawn(200, 2)
    found = fit_sets(p, codes)
    assert found is not None
    assert found[1]["rows"] == found[1]["checked_on"] == 100
    assert 0.8 < found[1]["coverage_90"] <= 1
    assert 1 <= found[1]["size_90"] <= 3
    folds = fit_sets(p, codes, held_out=drawn(90, 3))
    assert folds is not None
    assert (folds[1]["method"], folds[1]["rows"], folds[1]["checked_on"]) == (HELD_OUT, 90, 200)
    assert fit_sets(p[:30], codes[:30]) is None


def test_two_classes_have_one_number_or_two() -> None:
    p, codes = drawn(200, 4)
    one, two = p[:, 1], (codes == 1).astype(float)
    made = fit_sets(one, two)
    assert made is not None
    np.testing.assert_array_equal(
        sets_of(made[0], one, 0.9), sets_of(made[0], of_each_class(one), 0.9)
    )
    with pytest.raises(OptionError, match="calibration"):
        sets_of(made[0], one, 0.999)
