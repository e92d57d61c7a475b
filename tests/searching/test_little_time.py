"""Searches whose time hardly suffices: the real queue, and the test's clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.models.baselines.yardsticks import CONSTANTS
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching import time_plan
from fusionnas.searching.given_band import GivenBand
from fusionnas.searching.jobs import Job, Kind, Nothing
from fusionnas.searching.references import References
from fusionnas.searching.time_plan import CONCLUSION, TimePlan
from tests.searching.test_queue import REFERENCES, Driver, given_band
from tests.searching.test_time_plan import Clock
from tests.searching.toy import result_of

YARDSTICK = 5.0  # seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time_plan, "time", made)
    return made


def played(
    driver: Driver,
    clock: Clock,
    plan: TimePlan,
    each: float,
    workers: int = 2,
    yardstick: float = YARDSTICK,
) -> list[str]:
    """The keys of the jobs of a search, in the order of their start.

    Every training is as long, and every yardstick but the median.
    """
    driver.queue.times = driver.queue.trials.times = plan
    running: list[tuple[float, Job]] = []
    keys = []
    while True:
        while len(running) < workers and isinstance(job := driver.queue.next(), Job):
            length = yardstick if job.kind is Kind.YARDSTICK else each
            length = 0 if job.name in CONSTANTS else length
            running.append((clock.now + length, job))
            keys.append(job.key)
        if not running:
            assert driver.queue.next() is Nothing.MORE
            return keys
        running.sort(key=lambda one: one[0])
        clock.now, job = running.pop(0)
        driver.evaluate(job, segment_seconds=each)


@pytest.mark.parametrize(
    ("budget", "each", "trials"), [(600, 240, 2), (600, 100, 4), (1800, 600, 2), (1800, 300, 4)]
)
def test_a_search_with_little_time_has_a_network_and_ends_in_time(
    tmp_path: Path, space: SearchSpace, clock: Clock, budget: float, each: float, trials: int
) -> None:
    driver, begun = Driver(tmp_path, space, trials=50), clock.now
    keys = played(driver, clock, TimePlan(budget, finals=True), each)
    assert keys[0] == "trials/0"
    assert sum(key.startswith("trials/") for key in keys) == trials
    assert clock.now - begun <= budget
    assert [r.state for r in driver.study.records()] == ["done"] * trials
    assert "the time did not suffice for all reference networks" in driver.queue.references.words


@pytest.mark.parametrize(("finals", "trials"), [(True, 5), (False, 9)])
def test_one_worker_fits_yardsticks_when_the_time_for_trials_is_over(
    tmp_path: Path, space: SearchSpace, clock: Clock, finals: bool, trials: int
) -> None:
    band, begun = GivenBand.read(given_band(tmp_path), space.widths), clock.now
    driver = Driver(tmp_path, space, trials=50, band=band)
    plan = TimePlan(600, finals, yardsticks=3 * 30)
    keys = played(driver, clock, plan, 50, workers=1, yardstick=30)
    kinds = [key.partition("/")[0] for key in keys]
    assert kinds == [*["trials"] * trials, *["yardsticks"] * 4]
    assert clock.now - begun == 50 * trials + 3 * 30
    assert clock.now - begun <= 600 - CONCLUSION


def test_several_workers_fit_yardsticks_beside_trials(
    tmp_path: Path, space: SearchSpace, clock: Clock
) -> None:
    band = GivenBand.read(given_band(tmp_path), space.widths)
    driver = Driver(tmp_path, space, trials=50, band=band)
    keys = played(driver, clock, TimePlan(600, finals=True), 50, yardstick=30)
    last = max(place for place, key in enumerate(keys) if key.startswith("trials/"))
    assert sum(key.startswith("yardsticks/") for key in keys[:last]) == 4


@pytest.mark.parametrize(("workers", "fitted"), [(1, 0), (2, 1), (4, 1)])
def test_yardsticks_that_would_end_too_late_are_left_out(
    tmp_path: Path, space: SearchSpace, clock: Clock, workers: int, fitted: int
) -> None:
    """Each takes two thirds of the whole time; the median takes none."""
    band, begun = GivenBand.read(given_band(tmp_path), space.widths), clock.now
    driver = Driver(tmp_path, space, trials=50, band=band, yardstick_seconds=3 * 400)
    plan = TimePlan(600, finals=True, yardsticks=3 * 400 if workers == 1 else 0)
    keys = played(driver, clock, plan, 50, workers, yardstick=400)
    assert clock.now - begun <= 600
    names = [key.partition("/")[2] for key in keys if key.startswith("yardsticks/")]
    assert "median" in names
    assert len(names) == 1 + fitted
    assert "extra trees" in driver.queue.yardsticks.left_out
    assert len(driver.queue.yardsticks.due) == 3 - fitted


def test_with_enough_time_the_band_is_made(
    tmp_path: Path, space: SearchSpace, clock: Clock
) -> None:
    driver = Driver(tmp_path, space, trials=50)
    keys = played(driver, clock, TimePlan(3600, finals=True), 100)
    assert sum(key.startswith("references/") for key in keys) == REFERENCES
    assert driver.queue.references.band is not None


def test_trials_recorded_without_a_band_have_none_after_a_resume(
    tmp_path: Path, space: SearchSpace, clock: Clock
) -> None:
    played(Driver(tmp_path, space, trials=50), clock, TimePlan(600, finals=True), 240)
    again = Driver(tmp_path, space, trials=4)
    again.study.resume(lambda number: None)
    keys = []
    while isinstance(job := again.queue.next(), Job):
        keys.append(job.key)
        again.evaluate(job)
    assert not any(key.startswith("references/") for key in keys)
    done = [r for r in again.study.records() if r.state == "done"]
    assert len(done) == 4
    assert {r.metrics["cecv_deviation"] for r in done} == {None}


def test_the_search_for_a_first_network_may_use_the_time_of_final_trainings(
    tmp_path: Path, space: SearchSpace, clock: Clock
) -> None:
    driver = Driver(tmp_path, space, trials=50)
    driver.queue.times = driver.queue.trials.times = TimePlan(600, finals=True)
    first = driver.next()
    assert first.key == "trials/0"
    clock.now += 300  # the time of trials is over
    driver.queue.finished(first, {"state": "failed", "reason": "made to fail"})
    while (second := driver.next()).kind is Kind.YARDSTICK:
        driver.evaluate(second)
    assert second.key == "trials/1"
    driver.queue.finished(second, result_of(dict(second.payload)))
    while isinstance(job := driver.queue.next(), Job):
        assert job.kind is Kind.YARDSTICK
        driver.evaluate(job)


def test_a_reference_that_fails_after_the_stop_is_not_repeated(space: SearchSpace) -> None:
    references = References(space, 0)
    job = references.next()
    assert job is not None
    references.stop()
    assert not references.settled
    references.take(job.key, {"state": "failed", "reason": "a fault"})
    assert references.settled
    assert "a fault" in references.words
