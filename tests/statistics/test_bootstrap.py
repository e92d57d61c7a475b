from __future__ import annotations

import numpy as np
import pytest

from fusionnas.statistics import bootstrap
from fusionnas.statistics.bootstrap import (
    bootstrap_means,
    difference,
    groups_of,
    holm,
    interval,
    mean_intervals,
)


def errors(compositions: int = 400) -> np.ndarray:
    rng = np.random.default_rng(1)
    hard = rng.exponential(10, compositions)  # shared: what makes a composition hard
    return np.stack([hard, hard + rng.normal(0.5, 1, compositions), hard])


def test_draws_spread_as_the_standard_error_says() -> None:
    e = errors()
    means = bootstrap_means(e, seed=0)
    assert means.shape == (bootstrap.DRAWS, 3)
    np.testing.assert_allclose(means.mean(axis=0), e.mean(axis=1), rtol=0.005)
    expected = e.std(axis=1) / np.sqrt(e.shape[1])
    np.testing.assert_allclose(means.std(axis=0), expected, rtol=0.05)


def test_all_networks_are_drawn_together() -> None:
    """A difference is far less uncertain than the errors it is between."""
    e = errors()
    means = bootstrap_means(e, seed=0)
    found = difference(e, means, 1, 0)
    assert found.value == pytest.approx((e[1] - e[0]).mean())
    own, paired = interval(means[:, 0]), found.interval
    assert paired.high - paired.low < 0.2 * (own.high - own.low)
    expected = (e[1] - e[0]).std() / np.sqrt(e.shape[1])
    assert (paired.high - paired.low) / 2 == pytest.approx(1.96 * expected, rel=0.05)
    assert found.p < 0.01


def test_a_network_against_its_equal_is_a_tie() -> None:
    e = errors()
    same = difference(e, bootstrap_means(e, seed=0), 2, 0)
    assert (same.value, same.interval.low, same.interval.high, same.p) == (0, 0, 0, 1)


def test_p_is_even_where_nothing_differs() -> None:
    """Under no difference, small p are as rare as they say."""
    rng = np.random.default_rng(0)
    ps = []
    for seed in range(150):
        e = np.abs(rng.normal(size=(2, 80)))
        ps.append(difference(e, bootstrap_means(e, seed, draws=400), 1, 0).p)
    assert 0.01 < np.mean(np.array(ps) < 0.1) < 0.2


def test_the_same_seed_draws_the_same_whatever_is_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    e = errors(50)
    whole = bootstrap_means(e, seed=3, draws=200)
    assert (whole == bootstrap_means(e, seed=3, draws=200)).all()
    monkeypatch.setattr(bootstrap, "CELLS", 50 * 7)
    assert bootstrap_means(e, seed=3, draws=200).shape == (200, 3)


def test_holm_corrects_the_smallest_most() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]
    assert holm(np.array([])).shape == (0,)


def test_intervals_are_those_of_a_mean() -> None:
    e = np.random.default_rng(0).normal(5, 2, size=(1, 400))
    half = 1.96 * e.std() / 20  # standard error of a mean of 400
    both = mean_intervals(np.concatenate([e, e + 1]))
    assert both[0] == pytest.approx([e.mean() - half, e.mean() + half], abs=0.03)
    assert both[1] - both[0] == pytest.approx(1)  # drawn together


def test_rows_of_a_group_are_drawn_together() -> None:
    """Groups of one row change nothing; equal rows of a group are like one row."""
    errors = np.random.default_rng(0).exponential(size=(2, 40))
    plain = bootstrap_means(errors, 0, 200)
    np.testing.assert_allclose(bootstrap_means(errors, 0, 200, np.arange(40)), plain)
    twice = bootstrap_means(np.repeat(errors, 2, axis=1), 0, 200, np.repeat(np.arange(40), 2))
    np.testing.assert_allclose(twice, plain)


def test_rows_of_one_composition_are_no_further_evidence() -> None:
    """Ten rows with the error of their composition tell as much as one."""
    errors = np.random.default_rng(0).exponential(size=(1, 50))
    formulas = np.repeat([f"X{i}" for i in range(50)], 10)
    groups = groups_of(formulas)
    assert groups is not None
    many = mean_intervals(np.repeat(errors, 10, axis=1), groups=groups)[0]
    assert np.ptp(many) == pytest.approx(np.ptp(mean_intervals(errors)[0]), rel=0.05)
    assert groups_of(formulas[::10]) is None
