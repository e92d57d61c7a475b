from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.errors import CECVError
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching import yardstick_jobs
from fusionnas.searching.given_band import GivenBand
from fusionnas.searching.jobs import Job, Kind, Nothing
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.references import References
from fusionnas.searching.result_file import write_result
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.time_plan import TimePlan
from fusionnas.studies.yardsticks import failed
from fusionnas.workflows.watching import SilentDisplay
from tests.searching.toy import kept_in_memory, result_of

# widths and seeds of each reference: the noise between seeds is measured where it costs the least
TRAINED = ("w32-s0", "w16-s0", "w16-s1")
REFERENCES = 2 * len(TRAINED)


class Driver:
    """A queue, and evaluations in this process."""

    def __init__(
        self,
        folder: Path,
        space: SearchSpace,
        trials: int = 6,
        band: GivenBand | None = None,
        **options: Any,
    ) -> None:
        storage = ArchitectureStudy.open_storage(kept_in_memory(folder), "toy")
        carried = options.get("carried", ())
        self.study = ArchitectureStudy(storage, space, 0, "tpe", [], 4, carried=carried)
        self.told: list[int] = []
        self.queue = SearchQueue(
            self.study,
            band or References(space, 0),
            folder,
            trials,
            TimePlan(options.get("seconds")),
            SilentDisplay(),
            self.told.append,
            yardstick_seconds=options.get("yardstick_seconds", 0.0),
        )

    def evaluate(self, job: Job, **changes: Any) -> None:
        done = {"state": "done", "test_mae": {}}
        self.queue.finished(job, result_of(job.payload) | changes if job.payload else done)

    def next(self) -> Job:
        job = self.queue.next()
        assert isinstance(job, Job)
        return job


def evaluated(driver: Driver) -> list[TrialRecord]:
    return [record for record in driver.study.records() if record.state == "done"]


@pytest.fixture
def driver(tmp_path: Path, space: SearchSpace) -> Driver:
    return Driver(tmp_path, space)


def test_references_first_then_trials_with_yardsticks_between_them(driver: Driver) -> None:
    jobs = []
    while isinstance(job := driver.queue.next(), Job):
        jobs.append(job)
        driver.evaluate(job)
    assert job is Nothing.MORE
    keys = [job.key for job in jobs]
    assert len(keys) == REFERENCES + 4 + 6
    assert all(key.startswith("references/") for key in keys[:REFERENCES])
    assert {key.partition("/")[2] for key in keys[:REFERENCES]} == {
        f"{name}-{trained}" for name in ("lstm", "dcnn-k1") for trained in TRAINED
    }
    # one after each trial, so that little time gives trials too
    kinds = [key.partition("/")[0] for key in keys[REFERENCES:]]
    assert kinds == [*["trials", "yardsticks"] * 4, *["trials"] * 2]
    assert len(driver.told) == 6
    for record in evaluated(driver):
        assert record.values[1] == record.metrics["cecv_deviation"] > 0


def test_yardsticks_take_one_worker_at_most_until_nothing_else_is_left(driver: Driver) -> None:
    references = [driver.next() for _ in range(REFERENCES)]
    for job in references:
        driver.evaluate(job)
    running = [driver.next() for _ in range(8)]  # eight workers, of which none ends
    assert sum(job.kind is Kind.YARDSTICK for job in running) == 2  # the second once all trials run
    assert sum(job.key.startswith("trials/") for job in running) == 6


def test_a_yardstick_that_failed_or_is_missing_is_due_again(
    tmp_path: Path, driver: Driver, space: SearchSpace
) -> None:
    first, second, *others = (job.key for job in yardstick_jobs.due(tmp_path, "regression"))
    write_result(tmp_path / first, {"state": "done", "val_mae": 1.0, "seconds": 1.0})
    write_result(tmp_path / second, {"state": "failed", "reason": "no memory", "seconds": 1.0})
    assert [job.key for job in yardstick_jobs.due(tmp_path, "regression")] == [second, *others]


def test_a_hopeless_search_ends_without_its_yardsticks(driver: Driver) -> None:
    keys = []
    while isinstance(job := driver.queue.next(), Job):
        keys.append(job.key)
        if job.kind is Kind.YARDSTICK:
            driver.evaluate(job)
        else:
            driver.queue.finished(job, {"state": "failed", "reason": "a fault"})
        if driver.queue.hopeless:
            driver.queue.yardsticks.due.append(Job("yardsticks/one-more", {}))
            break
    assert driver.queue.next() is Nothing.MORE


def test_trials_are_held_until_the_band_is_known(driver: Driver) -> None:
    references = [driver.next() for _ in range(REFERENCES)]
    trial, yardstick = driver.next(), driver.next()
    driver.evaluate(trial)
    driver.evaluate(yardstick)
    assert driver.told == []
    for reference in references[:-1]:
        driver.evaluate(reference)
    assert driver.told == []
    driver.evaluate(references[-1])
    assert driver.told == [0]
    assert driver.study.records()[0].metrics["guidance"] is not None


def test_a_collapsed_reference_is_repeated_once(driver: Driver) -> None:
    first = driver.next()
    driver.evaluate(first, collapsed=True)
    others = [driver.next() for _ in range(REFERENCES)]
    assert others[-1].key == first.key.replace("-s0", "-s2")
    for job in others:
        driver.evaluate(job)
    assert driver.queue.references.band.exists
    assert driver.queue.references.problem is None


def test_references_of_an_earlier_version_are_taken_up(space: SearchSpace) -> None:
    """It trained both seeds at both widths; a resume has the band that its trials were held to."""
    keys = [
        f"references/{name}-w{w}-s{s}"
        for name in ("lstm", "dcnn-k1")
        for w in (16, 32)
        for s in (0, 1)
    ]
    references = References(space, 0)
    results = {}
    for key in keys:
        kind = {"global": ["lstm"]} if "lstm" in key else {"local": ["dcnn_k1"]}
        payload = {"architecture": {"width": int(key.split("-w")[1][:2]), **kind}, "seed": 0}
        results[key] = result_of(payload)
    references.restore(results)
    assert references.settled
    assert set(references.done) == set(keys)


def test_without_a_band_the_search_goes_on_with_mae(driver: Driver) -> None:
    while isinstance(job := driver.queue.next(), Job):
        driver.evaluate(job, collapsed="lstm" in job.key)
    references = driver.queue.references
    assert references.band is None
    assert "There is no target band" in references.problem
    assert "learned nothing" in references.problem
    records = evaluated(driver)
    assert len(records) == 6
    assert {r.values[1] for r in records} == {0.0}
    assert {r.metrics["cecv_deviation"] for r in records} == {None}


def given_band(
    folder: Path, local_counts: float = 90.0, widths: tuple[int, ...] = (16, 32)
) -> Path:
    """A band file of the same provenance as the toy results."""
    architecture = {"width": 16, "local": ["cnn"]}
    vector = Cecv.from_dict(result_of({"architecture": architecture, "seed": 0})["cecv"])
    counts = {"global": 30.0, "local": local_counts}
    references = [
        Reference(side, width, 0, replace(vector, counts=(counts[side],) * 8))
        for side in counts
        for width in widths
    ]
    (folder / "given.json").write_text(json.dumps(TargetBand.of(references).to_dict()))
    return folder / "given.json"


def test_with_a_given_band_nothing_is_trained_for_it(tmp_path: Path, space: SearchSpace) -> None:
    band = GivenBand.read(given_band(tmp_path), space.widths)
    driver = Driver(tmp_path, space, band=band)
    keys = []
    while isinstance(job := driver.queue.next(), Job):
        keys.append(job.key)
        driver.evaluate(job)
        told = sum(key.startswith("trials/") for key in keys)
        assert len(driver.told) == told  # at once: nothing is held back
    kinds = [key.partition("/")[0] for key in keys]
    assert kinds == [*["trials", "yardsticks"] * 4, *["trials"] * 2]
    for record in evaluated(driver):
        c = np.array(list(record.metrics["cecv"].values())) / 100
        score = band.band.score(c, record.architecture["width"])
        assert record.values[1] == record.metrics["cecv_deviation"] == score.deviation
        assert record.metrics["guidance"] == list(score.guidance)


def test_a_given_band_must_be_one_and_says_where_it_is_stretched(
    tmp_path: Path, space: SearchSpace
) -> None:
    with pytest.raises(CECVError, match=r"given\.json: There is no target band.*of another study"):
        GivenBand.read(given_band(tmp_path, local_counts=30.0), space.widths)
    same = GivenBand.read(given_band(tmp_path), space.widths)
    assert "Beyond the references' widths" not in same.words
    narrow = GivenBand.read(given_band(tmp_path, widths=(32,)), space.widths)
    assert "those of the networks from 16 to 32. Beyond the references' widths" in narrow.words


def test_a_lost_job_runs_once_more(driver: Driver) -> None:
    while (job := driver.next()).key != "trials/0":
        driver.evaluate(job)
    driver.queue.lost(job, "the worker process died")
    assert driver.next() == job
    driver.queue.lost(job, "the worker process died")
    record = driver.study.records()[0]
    assert (record.state, record.reason) == ("failed", "the worker process died, twice")


def test_a_yardstick_that_was_lost_twice_has_a_result(tmp_path: Path, driver: Driver) -> None:
    while (job := driver.next()).kind is not Kind.YARDSTICK:
        driver.evaluate(job)
    driver.queue.lost(job, "the worker process died")
    assert driver.next() == job
    driver.queue.lost(job, "the worker process died")
    assert failed(tmp_path) == {job.name: "the worker process died, twice"}


def test_nothing_but_failures_ends_the_search(tmp_path: Path, space: SearchSpace) -> None:
    driver = Driver(tmp_path, space, trials=50)
    started = 0
    while isinstance(job := driver.queue.next(), Job):
        started += job.key.startswith("trials/")
        if job.key.startswith("trials/"):
            driver.queue.finished(job, {"state": "failed", "reason": "made to fail"})
        else:
            driver.evaluate(job)
    assert started == 10
    assert driver.queue.hopeless


def test_a_spent_time_budget_proposes_nothing(tmp_path: Path, space: SearchSpace) -> None:
    driver = Driver(tmp_path, space, trials=50, seconds=0.0)
    while isinstance(job := driver.queue.next(), Job):
        assert not job.key.startswith("trials/")
        driver.evaluate(job)
    assert driver.study.records() == []
