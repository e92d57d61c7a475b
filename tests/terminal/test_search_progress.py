"""Progress of a search where no terminal is: what runs, at which epoch, the time left."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fusionnas.searching.jobs import Job
from fusionnas.searching.outlook import Outlook
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.time_plan import CONCLUSION, TimePlan
from fusionnas.terminal import search_progress
from fusionnas.terminal.search_progress import ConsoleDisplay

OUTLOOK = Outlook(
    trials=10,
    times=TimePlan(),
    references=4,
    final=0,
    epochs=8,
    folds=1,
    final_folds=1,
    final_length=1.0,
    workers=2,
    unit="eV",
)


@pytest.fixture
def display() -> Iterator[ConsoleDisplay]:
    display = ConsoleDisplay()
    display.begin([], OUTLOOK)
    yield display
    display.end()


def epoch(number: int, seconds: float, mae: float = 0.5) -> dict[str, Any]:
    return {"state": "running", "epoch": number, "val_mae": mae, "seconds": seconds}


def done(number: int, mae: float) -> TrialRecord:
    return TrialRecord(number, number, "done", "random", {}, "GRU | w16", (mae, 0.1))


def test_a_line_says_what_runs_and_at_which_epoch(display: ConsoleDisplay) -> None:
    one, other = Job("references/lstm-w16-s0", {}), Job("references/dcnn-k1-w16-s0", {})
    display.started(one, "LSTM")
    display.started(other, "DCNN-K1")
    display.started(Job("yardsticks/median", {}), "median")
    assert display.line() == (
        "0/10 trials, 0 of 4 references trained; at work: reference lstm-w16-s0 (starting), "
        "reference dcnn-k1-w16-s0 (starting), yardstick median"
    )
    display.progressed(one, epoch(1, 10.0))
    first = display.line()
    display.progressed(one, epoch(2, 10.0))
    second = display.line()
    assert "reference lstm-w16-s0 (epoch 1 of 8)" in first
    assert "reference lstm-w16-s0 (epoch 2 of 8)" in second
    assert "left" in first
    for number in range(3):
        display.started(Job(f"trials/{number}", {}), "GRU")
    assert display.line().endswith("yardstick median, 3 more")


def test_the_time_left_follows_from_epochs_and_then_from_trainings(
    display: ConsoleDisplay,
) -> None:
    """Ten trials and four references of 8 epochs on two workers; a trial is three references."""
    jobs = [Job("references/lstm-w16-s0", {}), Job("references/lstm-w16-s1", {})]
    for job in jobs:
        display.started(job, "LSTM")
    assert display.seconds_left() is None
    display.progressed(jobs[0], epoch(1, 10.0))
    trials = 10 * 3 * 80
    assert display.seconds_left() == pytest.approx((trials + 4 * 80 - 10) / 2 + CONCLUSION)
    display.progressed(jobs[1], epoch(4, 10.0))
    assert display.seconds_left() == pytest.approx((trials + 4 * 80 - 50) / 2 + CONCLUSION)
    for job in jobs:  # they stopped early
        display.ended(job, {"state": "done", "train_seconds": 50.0})
    assert display.seconds_left() == pytest.approx((10 * 150 + 2 * 50) / 2 + CONCLUSION)
    for number, seconds in enumerate((60.0, 100.0)):
        job = Job(f"trials/{number}", {})
        display.started(job, "GRU")
        display.ended(job, {"state": "done", "train_seconds": seconds, "val_mae": 0.4})
        display.told(done(number, 0.4))
    # what the references suggest still counts as two trials
    trial = (2 * 150 + 60 + 100) / 4
    assert display.seconds_left() == pytest.approx((8 * trial + 2 * 50) / 2 + CONCLUSION)
    for number in range(2, 5):
        job = Job(f"trials/{number}", {})
        display.started(job, "GRU")
        display.ended(job, {"state": "done", "train_seconds": 80.0, "val_mae": 0.4})
        display.told(done(number, 0.4))
    assert display.seconds_left() == pytest.approx((5 * 80 + 2 * 50) / 2 + CONCLUSION)


def test_the_final_training_takes_as_long_as_the_best_trials(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Trials of two networks of 8 epochs; six final trainings of four networks of 24."""
    display = ConsoleDisplay()
    display.begin(
        [], replace(OUTLOOK, references=0, final=6, folds=2, final_folds=4, final_length=6.0)
    )
    # the three with the lowest errors are slow, the others quick
    for number in range(10):
        best = number < 3
        job = Job(f"trials/{number}", {})
        display.started(job, "GRU")
        told = {
            "state": "done",
            "segment_seconds": 80.0 if best else 20.0,
            "val_mae": 0.3 if best else 0.4,
        }
        display.ended(job, told)
        display.told(done(number, told["val_mae"]))
    assert display.seconds_left() == pytest.approx(6 * 6 * 80 / 2 + CONCLUSION)
    final = Job("final/3-s0", {"epochs": 24, "final": True})
    display.started(final, "GRU")
    display.progressed(final, epoch(4, 5.0) | {"fold": 1})
    assert "final training 3-s0 (fold 2, epoch 4 of 24)" in display.line()
    mean = (3 * 80 + 7 * 20) / 10
    running = 6 * mean - (24 + 4) * 5.0
    assert display.seconds_left() == pytest.approx((5 * 6 * 80 + running) / 2 + CONCLUSION)
    display.ended(final, {"state": "done", "segment_seconds": 6 * 100.0, "val_mae": 0.3})
    assert display.seconds_left() == pytest.approx(5 * 6 * 100 / 2 + CONCLUSION)
    display.end()


def test_a_time_budget_is_the_time_left() -> None:
    display = ConsoleDisplay()
    display.begin([], replace(OUTLOOK, trials=None, times=TimePlan(600.0), references=0))
    assert display.line().startswith(("0 trials, 10 min", "0 trials, 9 min"))
    display.end()


def test_lines_come_by_themselves_while_nothing_is_heard(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_progress, "EVERY", 0.01)
    threads = threading.active_count()
    display = ConsoleDisplay()
    display.begin([], OUTLOOK)
    display.started(Job("trials/3", {}), "GRU")
    said = ""
    deadline = time.monotonic() + 30
    while "trial 3 (starting)" not in said:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        said += capsys.readouterr().err
    assert said.startswith("Starting 2 workers.")
    display.end()
    assert threading.active_count() == threads  # and end with the search


def test_a_told_trial_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    display = ConsoleDisplay()
    display.begin([], OUTLOOK)
    display.told(done(0, 0.4))
    line = "1/10 trials, best validation MAE 0.4 eV  trial 0: MAE 0.4 eV  GRU | w16"
    display.end()
    assert line in capsys.readouterr().err


def test_what_failed_beside_the_trials_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    display = ConsoleDisplay()
    display.begin([], OUTLOOK)
    for key in ("yardsticks/median", "final/3-s0"):
        display.started(Job(key, {}), "")
        display.ended(Job(key, {}), {"state": "failed", "reason": f"ValueError: of {key}"})
    display.end()
    said = capsys.readouterr().err
    assert "yardstick median: failed, ValueError: of yardsticks/median" in said
    assert "final training 3-s0: failed, ValueError: of final/3-s0" in said


class Gone(io.StringIO):
    """Standard error whose reader has gone."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_search_outlives_whoever_reads_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Gone())
    display = ConsoleDisplay()
    display.begin([], OUTLOOK)
    display.started(Job("trials/0", {}), "GRU")
    display.say("something")
    display.told(done(0, 0.4))
    with display.phase("Summing up"):
        pass
    display.end()
