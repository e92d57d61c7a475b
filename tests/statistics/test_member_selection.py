"""Greedy selection of an ensemble's members: properties that hold for any predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionnas.statistics.combination import combine, weighted_median
from fusionnas.statistics.member_selection import greedy_weights, select_members
from fusionnas.statistics.metrics import mae


def made(seed: int, models: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (models, rows) of models that share a part of their error, and targets."""
    rng = np.random.default_rng(seed)
    target = rng.standard_t(3, rows)
    shared = 0.3 * rng.normal(size=rows)
    own = rng.uniform(0.1, 1.5, (models, 1)) * rng.normal(size=(models, rows))
    return target + shared + own, target


cases = st.tuples(st.integers(0, 10_000), st.integers(1, 9), st.integers(3, 80))


@settings(max_examples=12, deadline=None)
@given(cases)
def test_the_selection_is_never_worse_than_the_best_single_model(
    case: tuple[int, int, int],
) -> None:
    predictions, target = made(*case)
    lowest = np.abs(predictions - target).mean(axis=1).min()
    found = select_members(predictions, target)
    assert mae(found.combine(predictions), target) <= lowest + 1e-12
    weights = greedy_weights(predictions, target)
    assert mae(weights @ predictions, target) <= lowest + 1e-12


@settings(max_examples=12, deadline=None)
@given(cases)
def test_weights_sum_to_one_and_the_order_of_models_does_not_matter(
    case: tuple[int, int, int],
) -> None:
    predictions, target = made(*case)
    found = select_members(predictions, target)
    assert found.weights.min() >= 0
    assert found.weights.sum() == pytest.approx(1)
    order = np.random.default_rng(case[0]).permutation(len(predictions))
    other = select_members(predictions[order], target)
    np.testing.assert_array_equal(other.weights, found.weights[order])
    assert (other.how, other.rule) == (found.how, found.rule)


def test_a_useless_model_gets_hardly_any_weight_and_complementary_ones_share_it() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=400)
    good = target + rng.normal(scale=0.5, size=(2, 400))
    useless = target + rng.normal(scale=20, size=(3, 400))
    found = select_members(np.concatenate([useless, good]), target)
    assert found.weights[3:].sum() > 0.95
    assert found.weights[3:].min() > 0.3


def test_few_rows_leave_it_at_all_models_alike() -> None:
    predictions, target = made(3, 5, 12)
    found = select_members(predictions, target)
    assert len(set(found.weights[found.weights > 0])) == 1


def test_the_weighted_median_is_the_ordinary_one_for_equal_weights() -> None:
    values = np.random.default_rng(0).normal(size=(4, 50))
    for count in (1, 2, 3, 4):
        weights = np.full(count, 1 / count)
        np.testing.assert_allclose(
            weighted_median(values[:count], weights), np.median(values[:count], axis=0)
        )


def test_a_weight_counts_as_so_many_models() -> None:
    values = np.random.default_rng(1).normal(size=(3, 50))
    repeated = np.concatenate([values[:1]] * 3 + [values[1:2]] + [values[2:]] * 2)
    weights, equal = np.array([3, 1, 2]) / 6, np.full(6, 1 / 6)
    for how in ("mean", "median"):
        np.testing.assert_allclose(combine(values, weights, how), combine(repeated, equal, how))
