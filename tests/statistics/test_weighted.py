"""Weighted medians and the common part of errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fusionnas.statistics.common_error import common_error
from fusionnas.statistics.weighted import effective_rows, group_medians, weighted_median

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("rows", [1, 2, 5, 8])
def test_a_weight_is_a_number_of_rows(rows: int) -> None:
    values, counts = RNG.standard_normal(rows), RNG.integers(1, 5, rows)
    repeated = np.repeat(values, counts)
    assert weighted_median(values, counts.astype(float)) == np.median(repeated)
    assert weighted_median(values) == weighted_median(values, np.full(rows, 0.3))


@pytest.mark.parametrize("factor", [2.0, 1e-9, 1e9])
def test_only_ratios_matter(factor: float) -> None:
    values, group = RNG.standard_normal(300), np.arange(300) % 70
    weights = 10.0 ** RNG.uniform(-4, 4, 300)
    found = group_medians(values, weights, group, 70)
    np.testing.assert_array_equal(group_medians(values, factor * weights, group, 70), found)
    for place in range(70):
        own = group == place
        assert found[place] == weighted_median(values[own], weights[own])


def test_equal_weights_give_the_usual_median_however_many_groups_there_are() -> None:
    """One running sum over all groups would drift by more than it may be off."""
    sizes = RNG.integers(1, 5, 60_000)
    group = np.repeat(np.arange(len(sizes)), sizes)
    values = RNG.standard_normal(len(group))
    usual = pd.Series(values).groupby(group).median().to_numpy()
    found = group_medians(values, np.ones(len(group)), group, len(sizes))
    np.testing.assert_allclose(found, usual, atol=1e-12)


def test_effective_rows() -> None:
    assert effective_rows(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_rows(np.array([1.0, 1e-9, 1e-9])) == pytest.approx(1)


@pytest.mark.parametrize("common", [0.0, 0.3, 3.0])
def test_the_common_part_is_found(common: float) -> None:
    errors = np.exp(RNG.uniform(-3, 1, 4000))
    residuals = RNG.laplace(0, np.hypot(errors, common) / np.sqrt(2))
    found = common_error(residuals, errors)
    assert found == pytest.approx(common, rel=0.1, abs=0.03)


def test_residuals_of_zero_need_no_common_part() -> None:
    assert common_error(np.zeros(10), np.ones(10)) == 0.0
