"""Inside a Ray session that the process has joined already, smaller than the machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from fusionnas.errors import OptionError
from fusionnas.searching.ray import tune
from fusionnas.searching.ray.cluster import plan_workers
from fusionnas.searching.ray.tune import run_jobs
from fusionnas.searching.workers import JOINED, Workers
from tests.searching.ray.test_tune import Recording, make_jobs
from tests.searching.toy import make_toy_work


@pytest.fixture(scope="module")
def session() -> Iterator[None]:
    ray.init(
        address="local",
        num_cpus=1,
        num_gpus=0,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.CRITICAL,
    )
    yield
    ray.shutdown()


@pytest.mark.parametrize("count", [None, 1, 4])
def test_the_plan_is_what_the_session_has(session: None, count: int | None) -> None:
    assert plan_workers(count, None, None) == Workers(1, 1, 0.0, JOINED, count)
    with pytest.raises(OptionError, match="the Ray session that this process has joined has 1"):
        plan_workers(count, 0.5, None)


def test_jobs_wait_for_the_session_and_that_is_said(
    session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other work holds the one core until it is said that nothing runs."""
    monkeypatch.setattr(tune, "NOTHING_STARTS", 0.5)

    @ray.remote(num_cpus=1)
    class Other:
        def ready(self) -> None: ...

    other = Other.remote()
    ray.get(other.ready.remote())
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        ray.kill(other)

    queue = Recording(make_jobs(3))
    workers = plan_workers(None, None, None)
    assert run_jobs(queue, make_toy_work, {"folder": str(tmp_path)}, workers, say)
    assert {state for key, state in queue.heard if key != "all"} == {"done"}
    assert len(queue.results) == 3
    assert "Each training needs from Ray: cores: 1. Free are: cores: 0 of 1" in said[0]
    assert ray.is_initialized()  # the session is the user's
