"""A small space is tried to its end, and what is said then is true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.storages import BaseStorage, InMemoryStorage

from fusionnas.networks.architecture import Architecture
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.study import ArchitectureStudy


@pytest.fixture
def twelve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchSpace:
    """Three kernels at four widths; samplers give up at their second repetition."""
    monkeypatch.setattr("fusionnas.searching.study.REPEATS_TO_EXHAUSTION", 2)
    (tmp_path / "twelve.yaml").write_text(
        "width: [8, 16, 32, 64]\nstages: {local: 1}\nlocal: {cnn: {kernel: [1, 3, 5]}}\n"
    )
    return load_space(str(tmp_path / "twelve.yaml"))


def exhausted(
    space: SearchSpace,
    sampler: str,
    url: str | BaseStorage | None = None,
    misfit: Callable[[Architecture], str | None] = lambda architecture: None,
    stop_after: int = 100,
) -> tuple[ArchitectureStudy, list[str]]:
    """A search until nothing is left, and the lines of its networks in order."""
    stored = ArchitectureStudy.open_storage(url or InMemoryStorage(), "small")
    study = ArchitectureStudy(stored, space, 0, sampler, [], 2, misfit=misfit)
    study.resume(lambda number: None)
    found = []
    while len(found) < stop_after and (proposal := study.propose()) is not None:
        value = 1 / (1 + proposal.index)
        study.tell(proposal.number, "done", (value, value), {"val_mae": value})
        found.append(study.record(proposal.number).line)
    return study, found


@pytest.mark.parametrize("sampler", ["adaptive", "guided", "tpe", "nsga2", "random"])
def test_what_limits_exclude_was_not_tried(twelve: SearchSpace, sampler: str) -> None:
    study, found = exhausted(twelve, sampler, misfit=lambda a: "too wide" if a.width > 16 else None)
    assert len(set(found)) == len(found) == 6
    assert study.exhaustion == (
        "Every architecture of the space that fits the limits was tried, 6 in all; the search ends."
    )


@pytest.mark.parametrize("sampler", ["adaptive", "guided", "tpe", "nsga2", "random"])
def test_once_a_sampler_has_nothing_new_it_is_asked_no_more(
    twelve: SearchSpace, sampler: str
) -> None:
    study, found = exhausted(twelve, sampler)
    assert len(set(found)) == len(found) == 12
    assert study.exhaustion == (
        "Every architecture of the space was tried, 12 in all; the search ends."
    )
    origins = [r.origin for r in study.records()]
    if sampler != "adaptive":  # which looks before it asks, and finds what is left itself
        assert set(origins[origins.index("left") :]) == {"left"}
    assert study.propose() is None
    assert len(study.records()) == len(origins)


def test_a_resumed_search_lists_on(twelve: SearchSpace, tmp_path: Path) -> None:
    study, whole = exhausted(twelve, "random")
    done = [r.origin for r in study.records() if r.state == "done"]
    assert done.count("left") > 1
    url = f"sqlite:///{tmp_path / 'study.db'}"
    first = exhausted(twelve, "random", url, stop_after=done.index("left") + 1)[1]
    resumed, rest = exhausted(twelve, "random", url)
    assert [*first, *rest] == whole
    assert len(resumed.records()) == len(study.records())
