"""Finalists: which, from which seeds, and when two of them are tied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusionnas.errors import OptionError
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.finalists import (
    Finals,
    best_trials,
    check_finalists,
    interval,
    judge_finalists,
    key_of,
    near,
    tie,
    words,
)
from fusionnas.searching.jobs import Job, Nothing
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import write_result
from tests.searching.test_queue import Driver

PLAIN = {"width": 16, "local": ["cnn"]}


def record(number: int, mae: float, parameters: int, collapsed: bool = False) -> TrialRecord:
    metrics = {"val_mae": mae, "parameters": parameters, "collapsed": collapsed}
    return TrialRecord(number, number, "done", "tpe", PLAIN, f"N{number}", (mae, 0.5), metrics)


RECORDS = [record(0, 3.0, 10), record(1, 1.0, 900), record(2, 1.1, 300), record(3, 1.2, 100),
           record(4, 0.1, 1, collapsed=True)]  # fmt: skip


def test_numbers_are_checked() -> None:
    check_finalists(0, 3)
    with pytest.raises(OptionError, match="--repeats must be at least 2"):
        check_finalists(2, 1)
    with pytest.raises(OptionError, match="--finalists must not be negative"):
        check_finalists(-1, 3)


def test_the_interval_is_students() -> None:
    low, high = interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx((2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5), abs=1e-3)


def test_ties_are_paired_by_seed() -> None:
    """Seeds that are hard for all say nothing about a difference."""
    best = np.array([1.0, 2.0, 3.0])
    assert not tie(best.tolist(), (best + np.array([0.10, 0.11, 0.09])).tolist())
    assert tie(best.tolist(), (best + np.array([0.10, -0.2, 0.15])).tolist())
    assert tie(best.tolist(), best.tolist())
    assert not tie(best.tolist(), (best + 1).tolist())


def test_a_tie_alone_does_not_make_a_network_near() -> None:
    best = [1.0, 1.0, 1.0]
    assert near(best, best)
    assert near(best, [1.1, 0.9, 1.01])
    much_worse = [1.1, 1.9, 1.2]
    assert tie(best, much_worse)
    assert not near(best, much_worse)


def test_the_smallest_of_those_that_are_tied_is_preferred(tmp_path: Path) -> None:
    maes = {1: [1.0, 1.1, 1.2], 2: [1.05, 1.08, 1.21], 3: [2.0, 2.1, 2.2]}
    assert [r.number for r in best_trials(RECORDS, 3)] == [1, 2, 3]
    for number, values in maes.items():
        for seed, mae in enumerate(values):
            write_result(tmp_path / key_of(number, seed), {"state": "done", "val_mae": mae})
    found = judge_finalists(tmp_path, RECORDS, 3, 3)
    assert [(f.number, f.tied, f.preferred) for f in found] == [
        (1, True, False), (2, True, True), (3, False, False),
    ]  # fmt: skip
    assert found[0].mean == pytest.approx(1.1)
    assert found[0].low < found[0].mean < found[0].high
    sentence = words([f.to_dict() for f in found], "eV")
    assert "trial 2 has a mean MAE of 1.113 eV" in sentence
    assert "within a standard error of the lowest (1.1)" in sentence
    assert sentence.endswith("; 1 other is tied with the lowest.")
    write_result(tmp_path / key_of(2, 1), {"state": "failed", "reason": "made to fail"})
    assert [f.number for f in judge_finalists(tmp_path, RECORDS, 3, 3)] == [1, 3]
    assert judge_finalists(tmp_path, RECORDS, 0, 3) == []


def test_repetitions_follow_the_trials_and_are_not_run_twice(
    tmp_path: Path, space: SearchSpace
) -> None:
    driver = Driver(tmp_path, space, trials=4)
    driver.queue.finals = Finals(tmp_path, 2, 2, 0)
    keys, seeds = [], {}
    while isinstance(job := driver.queue.next(), Job):
        keys.append(job.key)
        seeds[job.key] = job.payload.get("seed")
        driver.evaluate(job)
        if job.key.startswith("finalists/"):
            write_result(tmp_path / job.key, {"state": "done", "val_mae": 1.0})
    assert job is Nothing.MORE
    assert all(key.startswith("finalists/") for key in keys[-4:])
    assert not any(key.startswith("finalists/") for key in keys[:-4])
    best = [r.number for r in best_trials(driver.study.records(), 2)]
    assert set(keys[-4:]) == {key_of(n, s) for n in best for s in (0, 1)}
    for seed in (0, 1):  # the same seeds for all
        assert seeds[key_of(best[0], seed)] == seeds[key_of(best[1], seed)]
    assert seeds[key_of(best[0], 0)] != seeds[key_of(best[0], 1)]
    again = Finals(tmp_path, 2, 2, 0)
    assert again.next(driver.study.records()) is None
