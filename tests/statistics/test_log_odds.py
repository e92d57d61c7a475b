"""Log-odds of one class of several, and what each element adds to them."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.statistics.log_odds import of_class, split
from fusionnas.statistics.temperature import logit, sigmoid, softmax

RNG = np.random.default_rng(0)
STARTS = np.array([0, 2, 3])  # compounds of two, one and four elements
MEAN = (0.3, -1.2, 0.5, 0.1)
PARTS = RNG.normal(0, 6, (7, 4))
ENDS = np.array(MEAN) + np.add.reduceat(PARTS, STARTS, axis=0)


@pytest.mark.parametrize("code", range(4))
def test_they_are_those_of_the_probability_and_the_elements_add_up(code: int) -> None:
    np.testing.assert_allclose(sigmoid(of_class(ENDS, code)), softmax(ENDS)[:, code], atol=1e-12)
    base, shifts = split(MEAN, PARTS, STARTS, code)
    assert sigmoid(np.array(base)) == pytest.approx(softmax(np.array([MEAN]))[0, code])
    total = base + np.add.reduceat(shifts, STARTS)
    np.testing.assert_allclose(total, of_class(ENDS, code), atol=1e-9)
    assert total[1] == pytest.approx(base + shifts[2])  # one element adds everything


@pytest.mark.parametrize("code", [0, 1])
def test_two_outputs_are_like_the_one_of_two_classes(code: int) -> None:
    """An output of zero beside the logit of the second class."""
    one = PARTS[:, 0]
    base, shifts = split(0.7, one, STARTS, code)
    two, both = split((0.0, 0.7), np.stack([np.zeros(7), one], axis=1), STARTS, code)
    assert base == pytest.approx(two)
    np.testing.assert_allclose(shifts, both, atol=1e-12)
    np.testing.assert_allclose(shifts, one if code else -one)


def test_what_all_outputs_gain_alike_adds_nothing() -> None:
    _, shifts = split(MEAN, PARTS, STARTS, 2)
    _, same = split(MEAN, PARTS + RNG.normal(size=(7, 1)), STARTS, 2)
    np.testing.assert_allclose(shifts, same, atol=1e-9)
    p = softmax(ENDS)[:, 2]
    np.testing.assert_allclose(of_class(ENDS, 2), logit(p), atol=1e-6)
