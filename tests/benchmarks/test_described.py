"""How much of a target clusters explain: nothing by chance, all where it is their own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.table.described import explained

Groups = dict[int, list[np.ndarray]]


def drawn(rng: np.random.Generator, compounds: int, clusters: int) -> Groups:
    """Random clusters of compounds of three and of four elements, none of them empty."""
    found = {}
    for n in (3, 4):
        label = np.concatenate(
            [np.arange(clusters), rng.integers(clusters, size=compounds - clusters)]
        )
        found[n] = [np.flatnonzero(label == one) for one in range(clusters)]
    return found


def test_random_clusters_explain_nothing_on_average_whatever_their_number() -> None:
    rng = np.random.default_rng(0)
    for clusters in (2, 10, 50):
        found = [
            explained(
                drawn(rng, 80, clusters), {n: rng.permutation(80.0 + np.arange(80)) for n in (3, 4)}
            )
            for _ in range(200)
        ]
        assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


@given(st.integers(2, 12), st.integers(0, 100))
def test_clusters_of_equal_targets_explain_all_and_shifts_between_sizes_count_for_nothing(
    clusters: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    groups = drawn(rng, 40, clusters)
    ranks = {n: np.empty(40) for n in groups}
    for n, of_n in groups.items():
        for place, members in enumerate(of_n):
            ranks[n][members] = place
    assert explained(groups, ranks) == 1
    noisy = {n: r + rng.normal(size=40) for n, r in ranks.items()}
    shifted = {n: r + 100 * n for n, r in noisy.items()}
    assert np.isclose(explained(groups, noisy), explained(groups, shifted))
    assert explained(groups, noisy) <= 1


def test_compounds_that_are_all_alone_explain_nothing() -> None:
    alone = {3: [np.array([i]) for i in range(5)]}
    assert explained(alone, {3: np.arange(5.0)}) == 0
