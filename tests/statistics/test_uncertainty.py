from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fusionnas.errors import OptionError
from fusionnas.statistics.mixture import Mixture


def test_one_member_is_a_laplace_distribution() -> None:
    values, deviations = np.array([[1.0, -3.0]]), np.array([[0.5, 2.0]])
    found = Mixture(values, deviations)
    for level in (0.5, 0.9, 0.99):
        expected = stats.laplace(values[0], deviations[0] / np.sqrt(2)).interval(level)
        np.testing.assert_allclose(found.interval(level), expected, rtol=1e-12)
    np.testing.assert_array_equal(found.uncertainty, deviations[0])
    assert not found.epistemic.any()


def test_a_mixture_against_samples() -> None:
    rng = np.random.default_rng(0)
    values, deviations = rng.normal(size=(5, 3)) * 2, rng.uniform(0.2, 2, size=(5, 3))
    found = Mixture(values, deviations)
    member = rng.integers(5, size=400_000)
    for place in range(3):
        drawn = rng.laplace(values[member, place], deviations[member, place] / np.sqrt(2))
        assert found.value[place] == pytest.approx(drawn.mean(), abs=0.02)
        assert found.uncertainty[place] == pytest.approx(drawn.std(), rel=0.02)
        lower, upper = (end[place] for end in found.interval(0.9))
        assert (drawn < lower).mean() == pytest.approx(0.05, abs=0.003)
        assert (drawn > upper).mean() == pytest.approx(0.05, abs=0.003)


def test_equal_members_are_one() -> None:
    one = Mixture(np.array([[1.0]]), np.array([[0.5]]))
    five = Mixture(np.full((5, 1), 1.0), np.full((5, 1), 0.5))
    np.testing.assert_allclose(five.interval(0.9), one.interval(0.9), rtol=1e-12)
    assert five.uncertainty == pytest.approx(one.uncertainty)


def test_a_level_that_is_none() -> None:
    for level in (0, 1, 90, -0.5, float("nan")):
        with pytest.raises(OptionError, match="between 0 and 1"):
            Mixture(np.ones((1, 1)), np.ones((1, 1))).interval(level)


def test_no_interval_is_below_the_lower_bound() -> None:
    values, deviations = np.array([[-1.0, 0.2, 5.0], [-3.0, 0.4, 6.0]]), np.full((2, 3), 1.0)
    free, bounded = Mixture(values, deviations), Mixture(values, deviations, lower_bound=0.0)
    np.testing.assert_allclose(bounded.value, [0, 0.3, 5.5])
    for level in (0.5, 0.9):
        np.testing.assert_array_equal(
            bounded.interval(level), np.maximum(free.interval(level), 0.0)
        )
    # the network's own uncertainty and the disagreement of members are as they were
    np.testing.assert_array_equal(bounded.uncertainty, free.uncertainty)
    assert not bounded.distribution(-0.01).any()
    np.testing.assert_array_equal(bounded.distribution(1.0), free.distribution(1.0))
    assert bounded.take(np.array([0])).lower_bound == 0
