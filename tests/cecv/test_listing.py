from __future__ import annotations

import itertools

import numpy as np
import pytest

from fusionnas.cecv.clustering import cluster_blocks
from fusionnas.cecv.listing import Cluster, list_clusters, share_together, splits
from tests.cecv.test_clustering import make_efms
from tests.made.small_data import small_dataset


def make_blocks(seed: int) -> tuple[dict[int, np.ndarray], object]:
    """Features for real compositions: blocks by n in the order of their table."""
    table = small_dataset().table.take(np.arange(0, 120))
    efms = {n: [e for e in make_efms(seed, 600) if len(e) == n] for n in (3, 4)}
    rng = np.random.default_rng(seed)
    blocks = {2: rng.normal(size=(int((table.lengths == 2).sum()), 2, 10))}
    for n in (3, 4):
        blocks[n] = np.stack(efms[n][: int((table.lengths == n).sum())])
    return blocks, table


def test_listed_clusters_are_those_that_are_counted() -> None:
    blocks, table = make_blocks(0)
    listed = list_clusters(blocks, table, 0.3)
    assert len(listed) == cluster_blocks(blocks, [0.3]).counts[0]
    assert [c.size for c in listed] == sorted((c.size for c in listed), reverse=True)
    formulas = np.array(table.formulas())
    named = [f for c in listed for f in c.formulas]
    assert sorted(named) == sorted(formulas[table.lengths >= 3])
    for cluster in listed:
        lengths = table.lengths[np.isin(formulas, cluster.formulas)]
        assert set(lengths) == {cluster.elements}


def clusters_of(*groups: str) -> list[Cluster]:
    return [Cluster(3, tuple(group)) for group in groups]


def test_splits_and_merges() -> None:
    ours, theirs = clusters_of("abcde", "fg", "h"), clusters_of("abf", "cd", "e", "g", "h")
    first, second = splits(ours, theirs)
    assert first.cluster.formulas == tuple("abcde")
    assert first.parts == (("a", "b"), ("c", "d"), ("e",))
    assert first.pairs == 10 - 1 - 1
    assert second.parts == (("f",), ("g",))
    (merged,) = splits(theirs, ours)
    assert merged.parts == (("a", "b"), ("f",))


def test_the_same_clusters_split_nothing() -> None:
    ours = clusters_of("abc", "de")
    assert splits(ours, ours) == []
    assert share_together(ours, ours) == 1


def test_compounds_of_one_network_alone_are_passed_over() -> None:
    assert splits(clusters_of("abx"), clusters_of("ab", "y")) == []
    assert share_together(clusters_of("ax"), clusters_of("a")) is None


def test_the_share_together_is_counted_over_pairs() -> None:
    blocks, table = make_blocks(1)
    other, _ = make_blocks(2)
    ours, theirs = (list_clusters(b, table, 0.4) for b in (blocks, other))
    place = {f: number for number, c in enumerate(theirs) for f in c.formulas}
    pairs = [pair for c in ours for pair in itertools.combinations(c.formulas, 2)]
    together = sum(place[a] == place[b] for a, b in pairs)
    assert share_together(ours, theirs) == pytest.approx(together / len(pairs))
