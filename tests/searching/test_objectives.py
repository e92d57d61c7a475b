"""Objectives, the front in several of them, and limits on networks."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from fusionnas.errors import OptionError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.named import architecture_names, load_architecture
from fusionnas.networks.network import build, count_parameters
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.limits import NO_LIMITS, Limits, latency_ms
from fusionnas.searching.objectives import DEFAULT, objective_values, parse_objectives
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.selection import front
from fusionnas.searching.study import ArchitectureStudy
from tests.made.compounds import vectors
from tests.searching.test_study import run
from tests.searching.toy import kept_in_memory


def test_objectives_are_checked() -> None:
    assert parse_objectives("val_mae, parameters") == ("val_mae", "parameters")
    assert parse_objectives(DEFAULT) == DEFAULT
    for wrong, message in (
        ("val_mea", "did you mean 'val_mae'"),
        ("parameters,val_mae", "first of --objectives must be val_mae"),
        ("val_mae,parameters,parameters", "must not repeat a name"),
        ("", "There is no objective ''"),
    ):
        with pytest.raises(OptionError, match=message):
            parse_objectives(wrong)


def test_without_a_band_the_deviation_counts_as_nothing() -> None:
    metrics = {"val_mae": 2.0, "cecv_deviation": None, "parameters": 7}
    assert objective_values(metrics, ("val_mae", "parameters", "cecv_deviation")) == (2.0, 7.0, 0.0)


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_the_front_is_what_nothing_else_covers(objectives: int) -> None:
    points = np.random.default_rng(objectives).integers(0, 5, size=(60, objectives)).astype(float)
    records = [TrialRecord(i, i, "done", "random", {}, "", tuple(p)) for i, p in enumerate(points)]
    found = {r.number for r in front(records)}
    for i, j in product(range(60), range(60)):
        if (points[j] <= points[i]).all() and (points[j] < points[i]).any():
            assert i not in found
    assert {r.values for r in front(records)} == {
        tuple(p) for p in points if not any((q <= p).all() and (q < p).any() for q in points)
    }
    assert len(found) == len({tuple(points[i]) for i in found})  # of equals, the first


@pytest.mark.parametrize("name", architecture_names())
def test_parameters_are_counted_without_weights(name: str) -> None:
    architecture = load_architecture(name)
    narrow = Architecture.from_dict({**architecture.to_dict(), "width": 16})
    built = build(narrow, vectors(), 0)
    assert count_parameters(narrow, vectors().shape) == built.parameter_count


def test_too_many_parameters_are_infeasible_before_they_are_scheduled(
    tmp_path: Path, space: SearchSpace
) -> None:
    bound = 5000

    def misfit(architecture: Architecture) -> str | None:
        return Limits(bound).misfit(architecture, {"mat2vec": vectors()})

    storage = ArchitectureStudy.open_storage(kept_in_memory(tmp_path), "toy")
    study = ArchitectureStudy(storage, space, 0, "tpe", [], 4, misfit=misfit)
    proposals = run(study, 5)
    sizes = [count_parameters(p.architecture, vectors().shape) for p in proposals]
    assert max(sizes) <= bound
    refused = [r for r in study.records() if r.state == "infeasible"]
    assert refused
    assert "are over the limit of 5,000" in str(refused[0].reason)
    assert not any(r.counts for r in refused)
    assert study.counted() == 5
    again = ArchitectureStudy(storage, space, 0, "tpe", [], 4, misfit=misfit)
    again.resume(lambda number: None)
    assert again.next_index == study.next_index


def test_limits_must_be_positive_and_latency_is_measured_when_asked_for() -> None:
    with pytest.raises(OptionError, match="--max-latency must be positive, but got -1"):
        Limits(max_latency=-1)
    assert NO_LIMITS.latency_bound(DEFAULT) is None
    assert NO_LIMITS.latency_bound(("val_mae", "latency_ms")) == float("inf")
    assert Limits(max_latency=2.0).latency_bound(DEFAULT) == 2.0


def test_a_larger_network_is_slower() -> None:
    small, large = (
        build(Architecture.from_dict({"width": w, "local": ["cnn"]}), vectors(), 0)
        for w in (16, 512)
    )
    small.train()
    assert 0 < latency_ms(small) < latency_ms(large)
    assert small.training
