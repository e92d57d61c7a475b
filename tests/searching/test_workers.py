"""How many jobs fit where."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fusionnas.errors import OptionError
from fusionnas.searching.workers import Node, Workers, plan


@pytest.mark.parametrize(
    ("nodes", "count", "share", "address", "expected"),
    [
        ([Node(8, 0)], None, None, None, Workers(8, 1, 0.0)),
        ([Node(8, 0)], 2, None, None, Workers(2, 4, 0.0)),
        ([Node(2, 0)], 4, None, None, Workers(4, 1, 0.0)),  # more than cores, where asked for
        ([Node(16, 2)], None, None, None, Workers(2, 8, 1.0)),
        ([Node(16, 2)], None, 0.25, None, Workers(8, 2, 0.25)),
        ([Node(16, 2)], None, 0.4, None, Workers(4, 4, 0.4)),  # two a GPU, not five on two
        ([Node(16, 4)], None, 2, None, Workers(2, 8, 2)),
        ([Node(16, 2)], 8, 1, None, Workers(2, 8, 1)),  # no more than GPUs
        ([Node(2, 0), Node(3, 0)], None, None, "auto", Workers(5, 1, 0.0, "auto")),
        ([Node(2, 0), Node(3, 0)], 4, None, "auto", Workers(4, 1, 0.0, "auto", 4)),
        # a head without resources takes nothing
        ([Node(0, 0), Node(8, 4), Node(16, 4)], None, 0.5, "a:1", Workers(16, 1, 0.5, "a:1")),
    ],
)
def test_plan(
    nodes: list[Node],
    count: int | None,
    share: float | None,
    address: str | None,
    expected: Workers,
) -> None:
    assert plan(nodes, count, share, address) == expected


@pytest.mark.parametrize(
    ("cores", "gpus", "count", "free", "threads"),
    [
        (2, 0, 1, 2, 2),
        (2, 0, 1, 1, 1),  # two threads beside other work wait for each other
        (2, 0, 2, 1, 1),
        (16, 0, 4, 15, 4),
        (16, 0, 4, 8, 2),
        (16, 0, 4, 1, 1),
        (16, 2, None, 1, 8),  # trainings on GPUs have their share of the cores in any case
    ],
)
def test_jobs_share_the_cores_that_are_free(
    cores: int, gpus: int, count: int | None, free: int, threads: int
) -> None:
    assert plan([Node(cores, gpus)], count, None, None, free).cpus == threads


def test_a_cluster_that_grows_or_loses_a_node() -> None:
    workers = plan([Node(2, 0), Node(2, 0)], None, None, "auto")
    assert [workers.capacity([Node(2, 0)] * n) for n in (1, 2, 5)] == [2, 4, 10]
    bounded = plan([Node(2, 0), Node(2, 0)], 3, None, "auto")
    assert [bounded.capacity([Node(2, 0)] * n) for n in (1, 2, 5)] == [2, 3, 3]


@pytest.mark.parametrize(("nodes", "share"), [([Node(4, 0)], 0.5), ([Node(4, 1)], 2.0)])
def test_what_does_not_fit_is_refused(nodes: list[Node], share: float) -> None:
    with pytest.raises(OptionError, match="No trial fits"):
        plan(nodes, None, share, None)
    with pytest.raises(OptionError, match="whole number"):
        plan([Node(4, 4)], None, 1.5, None)


@pytest.mark.parametrize(("share", "bounded"), [(0.25, [0.25]), (1.0, []), (0.0, [])])
def test_a_share_of_a_gpu_is_a_share_of_its_memory(
    monkeypatch: pytest.MonkeyPatch, share: float, bounded: list[float]
) -> None:
    import torch

    from fusionnas.searching.ray.worker import bound_torch

    asked: list[Any] = []
    cuda = SimpleNamespace(is_available=lambda: True, set_per_process_memory_fraction=asked.append)
    monkeypatch.setattr(torch, "cuda", cuda)
    bound_torch(Workers(1, torch.get_num_threads(), share))
    assert asked == bounded
