"""A training takes the cores that are free when it begins, and keeps their number."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch

import fusionnas
from fusionnas.openmp import free_cores
from fusionnas.training.state_file import read_state
from fusionnas.workflows.train import train, train_in_memory
from tests.made.small_data import small_dataset


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """A machine of four cores whose load can be set; torch has four threads there."""
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    torch.set_num_threads(4)

    def set_load(cores: float) -> None:
        monkeypatch.setattr(psutil, "cpu_percent", lambda _: 100 * cores / 4)

    yield set_load
    torch.set_num_threads(before)


def test_free_cores_of_this_machine() -> None:
    assert 1 <= free_cores() <= (os.cpu_count() or 1)


def test_as_many_as_are_free(
    load: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores, free in ((0.0, 4), (0.4, 4), (1.0, 3), (2.2, 2), (3.0, 1), (4.0, 1)):
        load(cores)
        assert free_cores() == free
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    load(0.0)
    assert free_cores() == 2  # no more than this process may use


def threads_of(**options: object) -> list[int]:
    """What torch has in each epoch of a training, and what the manifest says."""
    seen: list[int] = []
    trained = train_in_memory(
        "gru",
        small_dataset(60),
        width=8,
        epochs=2,
        device="cpu",
        on_epoch=lambda _: seen.append(torch.get_num_threads()),
        **options,
    )
    return [*seen, trained.origin["threads"]]


def test_a_training_has_them_to_its_end(load: Callable[[float], None]) -> None:
    load(2.0)
    assert threads_of() == [2, 2, 2]
    assert torch.get_num_threads() == 4  # afterwards as before
    load(0.0)
    assert threads_of() == [4, 4, 4]


def test_what_a_user_sets_stays(
    load: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(3.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert threads_of() == [4, 4, 4]
    monkeypatch.delenv("OMP_NUM_THREADS")
    load(0.0)
    torch.set_num_threads(2)
    assert threads_of() == [2, 2, 2]


def test_a_resumed_training_has_as_many_as_before(
    load: Callable[[float], None], tmp_path: Path
) -> None:
    """Some networks come to other last digits with another number."""
    data = small_dataset(60)

    def interrupt(record: object) -> None:
        signal.raise_signal(signal.SIGINT)

    load(2.0)
    with pytest.raises(KeyboardInterrupt):
        train("gru", data, tmp_path / "out", width=8, epochs=3, device="cpu", on_epoch=interrupt)
    kept = read_state(tmp_path / "out.training" / "state.pt")
    assert kept is not None
    assert kept["threads"] == 2
    load(0.0)
    train("gru", data, tmp_path / "out", width=8, epochs=3, device="cpu", resume=True)
    assert fusionnas.load(tmp_path / "out").manifest["origin"]["threads"] == 2
