"""Rules against second, deliberately naive implementations written from the definitions alone."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionnas.cecv import cluster_counts
from fusionnas.cecv.clustering import THRESHOLDS, cluster_blocks, clusters
from fusionnas.cecv.correlation import environments
from fusionnas.cecv.rules import groups
from fusionnas.cecv.vector import Cecv, Provenance, mean_vector
from fusionnas.errors import CECVError

MADE = Provenance("readout_input", "leader", "within", "made", "0")


def make_efms(seed: int, compounds: int = 40, channels: int = 10) -> list[np.ndarray]:
    """Compounds of 3 to 5 elements, drawn near a few prototypes so that clusters exist."""
    rng = np.random.default_rng(seed)
    prototypes = {n: rng.normal(size=(6, n, channels)) for n in (3, 4, 5)}
    efms = []
    for _ in range(compounds):
        n = int(rng.integers(3, 6))
        noise = rng.choice([0.02, 0.2, 0.6]) * rng.normal(size=(n, channels))
        efms.append(prototypes[n][rng.integers(6)] + noise)
    return efms


def naive_correlation(efm: np.ndarray) -> np.ndarray:
    standard = (efm - efm.mean(0)) / efm.std(0, ddof=1)
    return np.corrcoef(standard)


def naive_distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max())


def naive_leader(efms: list[np.ndarray], t: float) -> int:
    left = [naive_correlation(efm) for efm in efms]
    clusters = 0
    while left:
        leader = left[0]
        left = [r for r in left if r.shape != leader.shape or naive_distance(r, leader) > t]
        clusters += 1
    return clusters


def naive_paper(efms: list[np.ndarray], t: float) -> int:
    clusters = 0
    for n in range(3, 8):
        group = [naive_correlation(efm) for efm in efms if len(efm) == n]
        in_no_cluster = set(range(len(group)))
        for i, leader in enumerate(group):
            if len(in_no_cluster) <= 1:
                break
            taken = set()
            for j in in_no_cluster:
                if n == 3:
                    close = naive_distance(np.abs(group[j]), np.abs(leader)) < t
                else:
                    close = naive_distance(group[j], leader) <= t
                if close:
                    taken.add(j)
            if taken:
                clusters += 1
            in_no_cluster -= taken
            assert i not in in_no_cluster
        clusters += len(in_no_cluster)
    return clusters


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_leader_is_the_naive_one(seed: int) -> None:
    efms = make_efms(seed)
    assert cluster_counts(efms) == [naive_leader(efms, t) for t in THRESHOLDS]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_paper_is_the_naive_one(seed: int) -> None:
    efms = make_efms(seed)
    assert cluster_counts(efms, rule="paper") == [naive_paper(efms, t) for t in THRESHOLDS]


def test_complete_linkage_keeps_every_pair_within_t() -> None:
    efms = [efm for efm in make_efms(1) if len(efm) == 4]
    (x,) = environments({4: np.stack(efms)}, "within").entries.values()
    counts = cluster_counts(efms, rule="complete")
    assert counts == sorted(counts, reverse=True)
    distances = [np.abs(a - b).max() for a, b in itertools.combinations(x, 2)]
    assert cluster_counts(efms, [max(distances) + 1e-9], rule="complete") == [1]
    assert cluster_counts(efms, [min(distances) / 2], rule="complete") == [len(efms)]


def test_pairs_is_the_inverse_share_of_close_pairs() -> None:
    efms = make_efms(2)
    expected = 0.0
    for n in (3, 4, 5):
        group = [naive_correlation(efm) for efm in efms if len(efm) == n]
        pairs = [naive_distance(a, b) <= 0.4 for a, b in itertools.combinations(group, 2)]
        expected += len(group) / len(efms) * len(pairs) / max(1, sum(pairs))
    assert cluster_counts(efms, [0.4], rule="pairs") == [pytest.approx(expected)]


@pytest.mark.parametrize("rule", ["complete", "pairs"])
def test_order_free_rules(rule: str) -> None:
    efms = make_efms(3)
    order = np.random.default_rng(0).permutation(len(efms))
    shuffled = [efms[i] for i in order]
    assert cluster_counts(shuffled, rule=rule) == pytest.approx(cluster_counts(efms, rule=rule))


def test_scale_and_shift_of_channels_change_nothing() -> None:
    efms = make_efms(4)
    moved = [3.5 * efm + 7 for efm in efms]
    assert cluster_counts(moved) == cluster_counts(efms)


def test_the_tree_gives_the_same_clusters_to_the_unit() -> None:
    """Above 4,096 compounds neighbours are found by a tree."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(5000, 3)).round(2)  # many distances exactly at the threshold
    naive, left = [], np.arange(len(x))
    while len(left):
        close = np.abs(x[left] - x[left[0]]).max(axis=1) <= 0.25
        naive.append(left[close].tolist())
        left = left[~close]
    assert [members.tolist() for members in groups(x, 3, 0.25, "leader")] == naive


@pytest.mark.parametrize("rule", ["leader", "paper", "complete"])
def test_clusters_are_a_partition_as_large_as_the_count(rule: str) -> None:
    efms = make_efms(6)
    blocks = {n: np.stack([e for e in efms if len(e) == n]) for n in (3, 4, 5)}
    blocks[3][4] = 1.0  # degenerate: in no cluster, and the places of the others stay true
    found = clusters(blocks, 0.3, rule)
    assert sum(map(len, found.values())) == cluster_blocks(blocks, [0.3], rule).counts[0]
    for n, members in found.items():
        expected = [place for place in range(len(blocks[n])) if (n, place) != (3, 4)]
        assert sorted(np.concatenate(members).tolist()) == expected


def test_members_of_a_cluster_are_within_t_of_its_leader() -> None:
    efms = [efm for efm in make_efms(7) if len(efm) == 4]
    for members in clusters({4: np.stack(efms)}, 0.3)[4]:
        leader = naive_correlation(efms[members[0]])
        assert all(naive_distance(naive_correlation(efms[m]), leader) <= 0.3 for m in members)


def test_pairs_makes_no_clusters() -> None:
    with pytest.raises(CECVError, match="choose leader, paper or complete"):
        clusters({3: np.stack([make_triple(1), make_triple(2)])}, 0.1, "pairs")


def test_two_elements_count_only_where_they_carry_something() -> None:
    pairs = [np.random.default_rng(i).normal(size=(2, 8)) for i in range(5)]
    triples = make_efms(5)
    within = cluster_blocks({2: np.stack(pairs), 3: np.stack([e for e in triples if len(e) == 3])})
    assert within.too_small == 5
    assert 2 not in within.counts_by_n
    assert cluster_counts(pairs, [0.05], standardise="none")[0] >= 1
    assert cluster_counts(pairs, [0.05], standardise="dataset")[0] >= 1


def test_degenerate_compounds_are_left_out_and_counted() -> None:
    rows = np.stack([np.ones((3, 1)) * np.arange(8), make_triple()])
    clustering = cluster_blocks({3: rows})
    assert (clustering.compounds, clustering.degenerate) == (1, 1)


def test_a_constant_channel_does_not_matter() -> None:
    efm = [make_triple(seed) for seed in range(20)]
    with_constant = [np.concatenate([e, np.full((3, 1), 5.0)], axis=1) for e in efm]
    assert cluster_counts(with_constant) == cluster_counts(efm)


def make_triple(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(3, 8))


@pytest.mark.parametrize(
    ("efms", "options", "message"),
    [
        ([make_triple() * np.nan], {}, "not finite"),
        ([np.ones((3, 8))], {}, "1 have constant features"),
        ([np.ones((1, 8)), np.ones((2, 8))], {}, "2 have fewer"),
        ([make_triple()], {"thresholds": [0.2, 0.1]}, "positive and ascending"),
        ([make_triple()], {"thresholds": [0.0, 0.1]}, "positive and ascending"),
        ([make_triple()], {"thresholds": []}, "positive and ascending"),
        ([make_triple()], {"rule": "lead"}, "did you mean 'leader'"),
        ([make_triple()], {"standardise": "with"}, "did you mean 'within'"),
        ([make_triple(), np.ones((3, 7))], {}, "same number of channels"),
        ([np.ones(8)], {}, r"one has the shape \(8,\)"),
        ([], {}, "0 have fewer"),
    ],
)
def test_bad_input(efms: list, options: dict, message: str) -> None:
    with pytest.raises(CECVError, match=message):
        cluster_counts(efms, **options)


def test_a_mean_vector_counts_each_network_by_its_own_compounds() -> None:
    """So it does not depend on their order, whatever each of them left out."""
    vectors = [
        Cecv((0.1, 0.2), (50, 10), {2: (5, 1)}, 100, {"degenerate": 0}, MADE),
        Cecv((0.1, 0.2), (49, 7), {2: (4, 1), 3: (8, 2)}, 70, {"degenerate": 30}, MADE),
    ]
    expected = np.mean([one.normalised for one in vectors], axis=0)
    for order in (vectors, vectors[::-1]):
        found = mean_vector(order)
        np.testing.assert_allclose(found.normalised, expected)
        assert (found.compounds, found.left_out) == (85, {"degenerate": 15})
        assert found.counts_by_n == {2: (4.5, 1), 3: (8, 2)}
    alike = replace(vectors[0], counts=(50.0, 10.0), counts_by_n={2: (5.0, 1.0)})
    assert mean_vector(vectors[:1] * 2) == alike
