from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fusionnas.errors import OptionError
from fusionnas.statistics.combination import Combination
from fusionnas.statistics.mixture import Mixture, joined_targets


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


def test_the_depth_of_one_member_is_its_error_in_deviations() -> None:
    values, deviations = np.array([[1.0, -3.0, 0.0]]), np.array([[0.5, 2.0, 1e-3]])
    found, y = Mixture(values, deviations), np.array([2.5, -3.0, 0.2])
    np.testing.assert_allclose(found.depth(y), np.abs(y - values[0]) / deviations[0], atol=1e-12)
    np.testing.assert_allclose(found.around(3.0), values[0] + 3 * np.outer([-1, 1], deviations[0]))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**16), members=st.integers(2, 6), depth=st.floats(0.05, 30))
def test_both_ends_lie_at_their_depth(seed: int, members: int, depth: float) -> None:
    rng = np.random.default_rng(seed)
    values, deviations = rng.normal(size=(members, 4)) * 3, rng.uniform(0.01, 2, (members, 4))
    found = Mixture(values, deviations, rng.dirichlet(np.ones(members)), "median")
    lower, upper = found.around(depth)
    for end, other in ((lower, upper), (upper, lower)):
        # an end is moved only to keep the prediction in the interval, and then lies less far out
        depths = found.depth(end)
        moved = np.isclose(end, found.value) & (depths >= 0)
        np.testing.assert_allclose(depths[~moved], depth, rtol=1e-6, atol=1e-6)
        assert (np.abs(end - other) >= 0).all()
    assert (lower <= found.value).all()
    assert (found.value <= upper).all()
    deeper = found.around(depth * 1.5)
    assert (deeper[0] <= lower).all()
    assert (deeper[1] >= upper).all()


def test_an_interval_is_longer_where_a_member_disagrees() -> None:
    values = np.array([[0.0], [0.0], [10.0]])
    found = Mixture(values, np.ones((3, 1)), how="median")
    lower, upper = (end[0] for end in found.interval(0.9))
    assert -2.5 < lower < 0
    assert upper > 10


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


@pytest.mark.parametrize("how", ["mean", "median"])
def test_a_mixture_of_several_targets_is_that_of_each(how: Combination) -> None:
    rng = np.random.default_rng(0)
    weights = np.array([0.5, 0.2, 0.3])
    bounds = (0.0, -np.inf)
    each = [
        Mixture(rng.normal(size=(3, 20)), rng.uniform(1, 2, (3, 20)), weights, how, bound)
        for bound in bounds
    ]
    together = joined_targets(each)
    for place, one in enumerate(each):
        for kind in ("value", "aleatoric", "epistemic", "uncertainty"):
            found = getattr(together, kind)[:, place]
            np.testing.assert_allclose(found, getattr(one, kind), rtol=1e-12)
        again = together.of_target(place)
        np.testing.assert_array_equal(again.interval(0.9), one.interval(0.9))
        assert again.lower_bound == one.lower_bound


@pytest.mark.parametrize("members", [1, 3])
def test_a_value_that_is_very_far_out_has_its_own_depth(members: int) -> None:
    """Where the tail beyond it is smaller than any number."""
    found = Mixture(np.zeros((members, 2)), np.full((members, 2), 1e-3))
    depth = found.depth(np.array([1.0, 2.0]))
    np.testing.assert_allclose(depth, [1000, 2000], rtol=1e-9)
    np.testing.assert_allclose(found.around(2000.0)[1], 2, rtol=1e-9)
