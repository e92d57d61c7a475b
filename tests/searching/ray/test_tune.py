"""Real Ray: what happens to jobs that end well, raise, or lose their worker."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fusionnas.searching.jobs import Job, Nothing, Result
from fusionnas.searching.ray.tune import run_jobs
from fusionnas.searching.workers import Workers
from tests.searching.toy import make_toy_work

pytestmark = pytest.mark.guards

ARCHITECTURE = {"width": 16, "local": ["cnn"]}


class Recording:
    """A queue of prepared jobs that writes down what it hears."""

    def __init__(self, jobs: list[Job], again: bool = True) -> None:
        self.jobs = jobs
        self.again = again
        self.heard: list[tuple[str, str]] = []
        self.progress: list[str] = []
        self.results: dict[str, Result] = {}
        self.in_flight = 0
        self.most_in_flight = 0

    def next(self) -> Job | Nothing:
        if not self.jobs:
            return Nothing.YET if self.in_flight else Nothing.MORE
        self.in_flight += 1
        return self.jobs.pop(0)

    def report(self, job: Job, progress: Result) -> None:
        self.progress.append(job.key)

    def finished(self, job: Job, result: Result) -> None:
        self.in_flight -= 1
        self.heard.append((job.key, str(result["state"])))
        self.results[job.key] = result

    def lost(self, job: Job, reason: str) -> None:
        self.in_flight -= 1
        self.heard.append((job.key, "lost"))
        if self.again:
            self.jobs.append(job)

    def cut_off(self) -> None:
        self.heard.append(("all", "cut off"))


def make_jobs(count: int) -> list[Job]:
    payload = {"architecture": ARCHITECTURE, "seed": 0}
    return [Job(f"trials/{i}", payload) for i in range(count)]


def test_jobs_end_well_raise_or_lose_their_worker(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    queue = Recording(make_jobs(8))
    shared = {"folder": str(tmp_path), "raise": ["trials/2"], "kill_once": ["trials/4"]}
    begun = time.monotonic()
    assert run_jobs(queue, make_toy_work, shared, Workers(2, 1, 0.0))
    assert queue.heard.pop() == ("all", "cut off")
    states = dict(queue.heard)
    assert set(states) == {f"trials/{i}" for i in range(8)}
    assert states.pop("trials/2") == "failed"
    assert "RuntimeError: made to fail (toy.py:" in str(queue.results["trials/2"]["reason"])
    assert set(states.values()) == {"done"}
    assert ("trials/4", "lost") in queue.heard
    assert set(queue.progress) == {f"trials/{i}" for i in range(8)}
    assert (tmp_path / "trials" / "0" / "result.json").is_file()
    assert time.monotonic() - begun < 120
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""


class UntilThreeAgain(Recording):
    """Gives further jobs until three of them run at a time after both workers were lost."""

    def __init__(self, most: int) -> None:
        super().__init__(make_jobs(most))
        self.losses: list[float] = []
        self.together = 0

    def lost(self, job: Job, reason: str) -> None:
        super().lost(job, reason)
        self.losses.append(time.time())

    def finished(self, job: Job, result: Result) -> None:
        super().finished(job, result)
        if len(self.losses) == 2:
            times = [(r["begun"], r["ended"]) for r in self.results.values()]
            late = [begun for begun, _ in times if begun > self.losses[-1]]
            overlaps = [sum(begun <= at < ended for begun, ended in times) for at in late]
            self.together = max(overlaps, default=0)
            if self.together == 3:
                self.jobs.clear()


def test_a_lost_worker_comes_back_where_jobs_are_short(tmp_path: Path) -> None:
    """Jobs of 0.7 s are shorter than the start of a worker, and still three run at a time."""
    queue = UntilThreeAgain(most=200)
    shared = {"folder": str(tmp_path), "kill_once": ["trials/4", "trials/5"], "seconds": 0.7}
    assert run_jobs(queue, make_toy_work, shared, Workers(3, 1, 0.0))
    assert {state for key, state in queue.heard if key != "all"} == {"done", "lost"}
    assert queue.together == 3
