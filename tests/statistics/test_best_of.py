from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from fusionnas.statistics.best_of import best_of, chance_of_rank


@pytest.mark.parametrize("tries", [1, 2, 3, 4])
def test_best_of_is_the_mean_over_all_draws(tries: int) -> None:
    errors = np.array([3.0, 1.0, 7.0, 2.0])
    lowest = [min(draw) for draw in product(errors, repeat=tries)]
    found = best_of(errors, tries)
    assert found.mean == pytest.approx(np.mean(lowest))
    assert found.low <= found.mean <= found.high
    assert np.mean(np.array(lowest) <= found.high) >= 0.95


def test_more_tries_never_give_worse() -> None:
    errors = np.random.default_rng(0).normal(size=12)
    means = [best_of(errors, k).mean for k in range(1, 13)]
    assert (np.diff(means) < 0).all()
    assert means[0] == pytest.approx(errors.mean())
    assert means[-1] > errors.min()


def test_failed_proposals_cost_their_tries() -> None:
    few = best_of(np.array([1.0, 2.0, np.inf, np.inf]), 1)
    assert few.mean == pytest.approx(1.5)
    assert few.high == np.inf
    spoiled = best_of(np.array([1.0, 2.0, 3.0, np.inf]), 2)
    assert spoiled.mean > best_of(np.array([1.0, 2.0, 3.0]), 2).mean


@pytest.mark.parametrize(("theirs", "ours"), [(3, 2), (4, 1), (2, 4), (5, 3)])
def test_chance_counts_all_arrangements(theirs: int, ours: int) -> None:
    """Every way in which our proposals can lie among all, ranked, is equally likely."""
    places = list(combinations(range(theirs + ours), ours))
    for better in range(theirs + 1):
        as_good = [place[0] <= better for place in places]  # before our best lie only theirs
        assert chance_of_rank(better, theirs, ours) == pytest.approx(np.mean(as_good))
