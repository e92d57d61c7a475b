"""The final training: which networks, from which seeds, and when two of them are tied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from fusionnas.errors import OptionError
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.final_training import (
    FinalTraining,
    best_trials,
    final_trainings,
    judged_folder,
    key_of,
    network_folder,
    refitted_trials,
)
from fusionnas.searching.finalists import interval, judge_finalists, near, recommend, tie, words
from fusionnas.searching.finals import Finals
from fusionnas.searching.jobs import Job, Nothing
from fusionnas.searching.quality import QUALITIES, Plan, Quality, find_quality
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.refits import SHARE
from fusionnas.searching.result_file import RESULT, read_result, write_result
from fusionnas.searching.trial_result import UNRESOLVED
from tests.searching.test_queue import Driver


def record(
    number: int, mae: float, parameters: int, collapsed: bool = False, kind: str = "cnn"
) -> TrialRecord:
    metrics = {
        "val_mae": mae,
        "parameters": parameters,
        "collapsed": collapsed,
        "train_seconds": 10.0,
    }
    plain = {"width": 16, "local": [kind]}
    return TrialRecord(number, number, "done", "tpe", plain, f"N{number}", (mae, 0.5), metrics)


RECORDS = [
    record(0, 3.0, 10),
    record(1, 1.0, 900),
    record(2, 1.1, 300),
    record(3, 1.2, 100, kind="dcnn"),
    record(4, 0.1, 1, collapsed=True),
]
IN_FOLDS = {
    "state": "done",
    "val_mae": 1.0,
    "collapsed": False,
    "best_epoch": 11,
    "epochs": 15,
    "train_seconds": 40.0,
    "fold_maes": [1.0] * 4,
    "seed": 7,
    "architecture": {"width": 16, "local": ["cnn"]},
}
TWICE = Quality("twice", Plan(2, (3, 1)), Plan(2, (3,)))


def ended(job: Job) -> dict[str, object]:
    """The result of a final training without folds whose best epoch was the fourth."""
    kept = {"epochs": job.payload["epochs"], "seed": job.payload["seed"], "best_epoch": 4}
    kept |= {"architecture": job.payload["architecture"], "train_seconds": 30.0}
    return {"state": "done", "val_mae": 1.0, "collapsed": False} | kept


def end(folder: Path, job: Job, **more: object) -> None:
    """Leave what a training leaves that ended, with other values of its result if given."""
    write_result(folder / job.key, ended(job) | more)
    (folder / job.key / WEIGHTS).touch()


def put(
    folder: Path, number: int, seed: int, mae: float, state: str = "done", epochs: int = 15
) -> None:
    """A final training that ended."""
    result = {"state": state, "val_mae": mae, "collapsed": False, "reason": "made to fail"}
    result["epochs"] = epochs
    write_result(folder / key_of(number, seed), result)
    (folder / key_of(number, seed) / WEIGHTS).touch()


def trained(number: int, maes: list[float]) -> list[FinalTraining]:
    return [FinalTraining(number, s, Path(), {"val_mae": e}) for s, e in enumerate(maes)]


def test_an_unknown_quality_is_refused() -> None:
    assert find_quality("good").final is not None
    with pytest.raises(OptionError, match="no quality 'god'; did you mean 'good'"):
        find_quality("god")


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
    for number, values in maes.items():
        for seed, mae in enumerate(values):
            put(tmp_path, number, seed, mae)
    found = judge_finalists(final_trainings(tmp_path), RECORDS)
    assert [(f.number, f.tied, f.preferred) for f in found] == [
        (1, True, False),
        (2, True, True),
        (3, False, False),
    ]
    assert found[0].mean == pytest.approx(1.1)
    assert found[0].low < found[0].mean < found[0].high
    sentence = words([f.to_dict() for f in found], "eV")
    assert "trial 2 has a mean MAE of 1.113 eV" in sentence
    assert "within a standard error of the lowest (1.1)" in sentence
    assert sentence.endswith("; 1 other is tied with the lowest.")
    chosen, _ = recommend(tmp_path, RECORDS)
    assert chosen is not None
    assert chosen.number == 2
    assert network_folder(tmp_path, 2) == tmp_path / key_of(2, 0)
    assert network_folder(tmp_path, 0) == tmp_path / "trials" / "0"


def test_only_repetitions_that_all_have_are_compared(tmp_path: Path) -> None:
    """A run that was out of time has more of some networks than of others."""
    for number, values in {1: [1.0, 0.1], 2: [1.1], 3: [1.3]}.items():
        for seed, mae in enumerate(values):
            put(tmp_path, number, seed, mae)
    found = judge_finalists(final_trainings(tmp_path), RECORDS)
    assert [(f.number, f.maes) for f in found] == [(1, (1.0,)), (2, (1.1,)), (3, (1.3,))]
    assert [f.preferred for f in found] == [True, False, False]
    assert (found[0].low, found[0].high) == (1.0, 1.0)
    put(tmp_path, 2, 0, 1.1, state="failed")
    assert [f.number for f in judge_finalists(final_trainings(tmp_path), RECORDS)] == [1, 3]
    assert judge_finalists([], RECORDS) == []


@pytest.mark.parametrize(("error", "number", "finalists"), [(1.05, 1, []), (0.95, 2, [2])])
def test_a_finalist_must_be_better_than_the_best_trial_that_had_no_time_for_a_final_training(
    tmp_path: Path, error: float, number: int, finalists: list[int]
) -> None:
    put(tmp_path, 2, 0, error)
    chosen, found = recommend(tmp_path, RECORDS)
    assert chosen is not None
    assert chosen.number == number
    assert [one.number for one in found] == finalists


def test_a_network_that_tells_no_elements_apart_is_not_recommended(tmp_path: Path) -> None:
    for number, mae in ((1, 1.0), (2, 1.1)):
        put(tmp_path, number, 0, mae)
    result = read_result(tmp_path / key_of(1, 0))
    assert result is not None
    write_result(tmp_path / key_of(1, 0), {**result, UNRESOLVED: True})
    trainings = final_trainings(tmp_path)
    assert [one.number for one in trainings] == [1, 2]  # both are for the predictor
    assert [one.number for one in judge_finalists(trainings, RECORDS)] == [2]
    assert judged_folder(tmp_path, 1) == tmp_path / "trials" / "1"
    put(tmp_path, 1, 1, 1.2)
    assert judged_folder(tmp_path, 1) == tmp_path / key_of(1, 1)


def test_a_refit_of_an_earlier_training_is_not_that_of_another(tmp_path: Path) -> None:
    """The training was done again for longer, and its refit is still to come."""
    put(tmp_path, 1, 0, 1.0)
    whole = {"state": "done", "val_mae": 0.5, "collapsed": False, "seed": 7, "epochs": 15}
    judged = read_result(tmp_path / key_of(1, 0))
    assert judged is not None
    write_result(tmp_path / key_of(1, 0), {**judged, "best_epoch": 14, "seed": 7})
    for best, expected in ((12, key_of(1, 0)), (14, f"{key_of(1, 0)}-whole")):
        write_result(tmp_path / f"{key_of(1, 0)}-whole", {**whole, "best_epoch": best})
        assert network_folder(tmp_path, 1) == tmp_path / expected


def test_only_trainings_of_the_same_length_are_compared(tmp_path: Path) -> None:
    """A resume with another quality has trained a part of the networks again, and longer."""
    for number, mae in ((1, 1.0), (2, 1.1), (3, 1.2)):
        put(tmp_path, number, 0, mae)
        put(tmp_path, number, 1, mae)
    put(tmp_path, 3, 0, 0.5, epochs=30)
    found = judge_finalists(final_trainings(tmp_path), RECORDS)
    assert [(f.number, f.maes) for f in found] == [(1, (1.0,)), (2, (1.1,)), (3, (1.2,))]


def test_another_quality_trains_those_of_another_length_again(tmp_path: Path) -> None:
    longer = Quality("longer", Plan(2, (5, 1)), None)
    for plan in (TWICE, longer):
        finals = Finals(tmp_path, plan, 5, 0)
        jobs = []
        while (job := finals.next(RECORDS)) is not None:
            assert not (tmp_path / job.key / RESULT).exists()
            jobs.append((job.key, job.payload["epochs"]))
            end(tmp_path, job)
        assert finals.due == 0
    # those of one length are kept, and what was finished stays until others are finished, too
    assert jobs == [
        *[("final/1-s0-e25", 25), ("final/2-s0-e25", 25)],
        *[("final/1-s0-e25-whole", 1), ("final/2-s0-e25-whole", 1)],
    ]
    for number in (1, 2):
        for seed in (0, 1):
            (tmp_path / key_of(number, seed) / WEIGHTS).touch()
        (tmp_path / f"{key_of(number, 0)}-e25" / WEIGHTS).touch()
    found = [(one.name, one.result["epochs"]) for one in final_trainings(tmp_path)]
    assert found[:3] == [
        ("trial 1, seed 0", 15),
        ("trial 1, seed 0, 25 epochs", 25),
        ("trial 1, seed 1", 5),
    ]
    put(tmp_path, 1, 1, 1.0, state="failed", epochs=5)
    assert Finals(tmp_path, longer, 5, 0).due == 1
    again = Finals(tmp_path, longer, 5, 0).next(RECORDS)
    assert again is not None
    assert again.key == "final/1-s1"


def test_networks_of_the_same_components_are_taken_twice_at_most() -> None:
    assert [r.number for r in best_trials(RECORDS, 3)] == [1, 2, 3]
    assert [r.number for r in best_trials(RECORDS, 4)] == [1, 2, 3]


def test_final_trainings_follow_the_trials_and_are_not_run_twice(
    tmp_path: Path, space: SearchSpace
) -> None:
    driver = Driver(tmp_path, space, trials=4)
    driver.queue.finals = Finals(tmp_path, TWICE, 5, 0)
    keys, payloads = [], {}
    while isinstance(job := driver.queue.next(), Job):
        keys.append(job.key)
        payloads[job.key] = job.payload
        driver.evaluate(job)
        if job.key.startswith("final/"):
            end(tmp_path, job)
    assert job is Nothing.MORE
    assert all(key.startswith("final/") for key in keys[-8:])
    assert not any(key.startswith("final/") for key in keys[:-8])
    best = [r.number for r in best_trials(driver.study.records(), 2)]
    # the longer ones, of the first seed, before the others, and the refits at the end
    first = [key_of(number, seed) for seed in (0, 1) for number in best]
    assert {*keys[-8:-6]} == {*first[:2]}
    assert {*keys[-6:-4]} == {*first[2:]}
    assert {*keys[-4:]} == {f"{one}-whole" for one in first}
    for key in first:
        expected = {"epochs": 1, "refits": key, "seed": payloads[key]["seed"]}
        expected["architecture"] = payloads[key]["architecture"]
        assert payloads[f"{key}-whole"] == expected
    for seed in (0, 1):  # the same seeds for all
        assert payloads[key_of(best[0], seed)]["seed"] == payloads[key_of(best[1], seed)]["seed"]
        assert payloads[key_of(best[0], seed)]["epochs"] == (15, 5)[seed]
    assert payloads[key_of(best[0], 0)]["seed"] != payloads[key_of(best[0], 1)]["seed"]
    again = Finals(tmp_path, TWICE, 5, 0)
    assert again.next(driver.study.records()) is None
    assert Finals(tmp_path, QUALITIES["fast"], 5, 0).next(driver.study.records()) is None


def test_the_best_network_comes_first_if_time_is_limited_and_otherwise_the_slowest(
    tmp_path: Path,
) -> None:
    slow = {**RECORDS[1].metrics, "train_seconds": 99.0}
    records = [replace(r, metrics=slow) if r.number == 2 else r for r in RECORDS]
    found: dict[float | None, list[str]] = {}
    for seconds in (None, 1e9):
        folder = tmp_path / str(seconds)
        finals = Finals(folder, Quality("one seed", Plan(2, (3,)), None), 5, 0)
        found[seconds] = []
        while job := finals.next(records, seconds):
            found[seconds].append(job.key)
            end(folder, job)
    assert found[None] == ["final/2-s0", "final/1-s0", "final/2-s0-whole", "final/1-s0-whole"]
    assert found[1e9] == ["final/1-s0", "final/1-s0-whole", "final/2-s0", "final/2-s0-whole"]


def test_waiting_for_a_final_training_reads_no_trials(tmp_path: Path, space: SearchSpace) -> None:
    """A worker asks again and again, and a study has thousands of trials."""
    driver = Driver(tmp_path, space, trials=4)
    driver.queue.finals = Finals(tmp_path, TWICE, 5, 0)
    while not (job := driver.next()).key.startswith("final/"):
        driver.evaluate(job)
    with mock.patch.object(driver.study, "records", side_effect=AssertionError):
        others = [driver.next() for _ in range(3)]
        assert all(other.key.startswith("final/") for other in others)
        assert driver.queue.next() is Nothing.YET


def test_what_would_take_longer_than_the_time_that_is_left_is_passed_over(tmp_path: Path) -> None:
    finals = Finals(tmp_path, TWICE, 5, 0, all_rows=1.1)
    # three times the ten of its trial, and its refit, to a tenth more rows
    takes = 1.01 * (1 + 1.1 * SHARE)
    assert finals.next(RECORDS, seconds=30.0 * takes) is not None
    short = finals.next(RECORDS, seconds=10.0 * takes)  # as long as its trial
    assert short is not None
    assert short.payload["epochs"] == 5
    assert finals.next(RECORDS, seconds=9.0) is None


def test_a_training_that_does_not_fit_is_shortened(tmp_path: Path) -> None:
    """Three times the trial does not fit, twice does; a resume with more time trains for longer."""
    short = 2.05 * 10.0 * (1 + SHARE)
    finals = Finals(tmp_path, TWICE, 5, 0)
    job = finals.next(RECORDS, seconds=short)
    assert job is not None
    assert (job.key, job.payload["epochs"]) == ("final/1-s0", 10)
    end(tmp_path, job)
    again = Finals(tmp_path, TWICE, 5, 0)  # after a kill it is not shortened again
    keys = []
    while next_one := again.next(RECORDS, seconds=short):
        keys.append(next_one.key)
        end(tmp_path, next_one)
    assert keys[0] == "final/2-s0"
    assert "final/1-s0-whole" in keys
    assert not any("-e" in key or key == "final/1-s0" for key in keys)
    longer = Finals(tmp_path, TWICE, 5, 0).next(RECORDS)
    assert longer is not None
    assert (longer.key, longer.payload["epochs"]) == ("final/1-s0-e15", 15)


def test_a_shorter_training_that_is_better_than_the_finalist_is_recommended(
    tmp_path: Path,
) -> None:
    put(tmp_path, 2, 0, 0.9, epochs=10)
    put(tmp_path, 3, 0, 0.8, epochs=12)
    chosen, found = recommend(tmp_path, RECORDS)
    assert chosen is not None
    assert (chosen.number, found) == (3, [])


def test_where_time_is_short_the_network_of_a_trial_is_refitted(tmp_path: Path) -> None:
    """Its best epoch was the second of five, so that one epoch with more rows is enough."""
    payload = {"architecture": RECORDS[1].architecture, "seed": 3, "epochs": 5}
    own = ended(Job("trials/1", payload)) | {"best_epoch": 2, "train_seconds": 10.0}
    del own["epochs"]
    write_result(tmp_path / "trials" / "1", own)
    takes = 1.5 * 10.0 / 5
    dropped = Finals(tmp_path, TWICE, 5, 0, all_rows=1.5)
    assert dropped.next(RECORDS, seconds=1.1 * takes) is None  # its weights were not kept
    (tmp_path / "trials" / "1" / WEIGHTS).touch()
    finals = Finals(tmp_path, TWICE, 5, 0, all_rows=1.5)
    assert finals.next(RECORDS, seconds=0.9 * takes) is None
    finals = Finals(tmp_path, TWICE, 5, 0, all_rows=1.5)
    job = finals.next(RECORDS, seconds=1.1 * takes)
    assert job is not None
    assert (job.key, job.payload["epochs"], job.payload["seed"]) == ("final/1-whole", 1, 3)
    assert job.payload["refits"] == "trials/1"
    assert finals.next(RECORDS, seconds=1.1 * takes) is None
    end(tmp_path, job, best_epoch=2)
    assert refitted_trials(tmp_path) == [1]
    assert network_folder(tmp_path, 1) == tmp_path / job.key
    put(tmp_path, 1, 0, 1.0)  # a resume has time for a final training
    assert network_folder(tmp_path, 1) == tmp_path / key_of(1, 0)


def test_a_network_is_refitted_only_if_it_learned_and_time_is_left(tmp_path: Path) -> None:
    finals = Finals(tmp_path, TWICE, 5, 0)
    first, second = finals.next(RECORDS), finals.next(RECORDS)
    assert first is not None
    assert second is not None
    end(tmp_path, first, collapsed=True)
    end(tmp_path, second)
    takes = 30.0 / 15  # one of fifteen epochs, as the best one was the fourth
    short = Finals(tmp_path, TWICE, 5, 0).next(RECORDS, seconds=0.9 * takes)
    assert short is None
    job = finals.next(RECORDS, seconds=1.1 * takes)
    assert job is not None
    assert job.key == f"{second.key}-whole"
    end(tmp_path, job, state="failed", reason="made to fail")
    assert network_folder(tmp_path, 2) != tmp_path / job.key
    again = Finals(tmp_path, TWICE, 5, 0).next(RECORDS, seconds=1.1 * takes)
    assert again is not None  # a resume tries it once more
    assert again.key == job.key
    end(tmp_path, job)
    assert network_folder(tmp_path, 2) == tmp_path / job.key
    assert [one.seed for one in final_trainings(tmp_path)] == [0]


def of_folds(folder: Path) -> Finals:
    """The final trainings of a study with folds, of which only the one on all rows is left."""
    for number, error in ((1, 1.0), (2, 2.0)):
        put(folder, number, 0, error)
    write_result(folder / key_of(1, 0), IN_FOLDS)
    finals = Finals(folder, TWICE, 5, 0, folds=4)
    assert finals.next(RECORDS) is None
    return finals


def test_a_study_with_folds_ends_with_a_refit(tmp_path: Path) -> None:
    finals = of_folds(tmp_path)
    job = finals.closing(RECORDS)
    assert job is not None
    assert (job.key, job.payload["epochs"]) == ("final/1-whole", 2)
    assert job.payload["refits"] == key_of(1, 0)  # where the network of the first fold is
    write_result(tmp_path / job.key, {k: v for k, v in IN_FOLDS.items() if k != "fold_maes"})
    assert Finals(tmp_path, TWICE, 5, 0, folds=4).closing(RECORDS) is None
    assert network_folder(tmp_path, 1) == tmp_path / job.key


def test_the_refit_needs_time_too(tmp_path: Path) -> None:
    """It takes a part of the time of one fold; other final trainings leave it that time."""
    finals = of_folds(tmp_path)
    assert finals.closing(RECORDS, seconds=9.0 * SHARE) is None
    assert finals.closing(RECORDS, seconds=10.0 * SHARE) is not None
    expected = 10.0 * 3 * 4 / 3  # a trial has three folds, and a third of the epochs
    needed = expected * (1 + SHARE / 4)
    assert Finals(tmp_path / "new", TWICE, 5, 0, 4).next(RECORDS, 0.99 * needed) is None
    assert Finals(tmp_path / "new", TWICE, 5, 0, 4).next(RECORDS, 1.01 * needed) is not None


def test_a_refit_that_leaves_no_result_ends_the_search(tmp_path: Path, space: SearchSpace) -> None:
    driver = Driver(tmp_path, space, trials=4)
    driver.queue.finals = Finals(tmp_path, TWICE, 5, 0, folds=4)
    closing = []
    for _ in range(100):
        job = driver.queue.next()
        if not isinstance(job, Job):
            break
        if job.payload.get("refits"):
            closing.append(job.key)
            driver.queue.finished(job, {"state": "failed", "reason": "RuntimeError: CUDA error"})
            continue
        if job.key.startswith("final/"):
            write_result(tmp_path / job.key, IN_FOLDS)
            (tmp_path / job.key / WEIGHTS).touch()
        driver.evaluate(job)
    assert job is Nothing.MORE
    assert len(closing) == 1
