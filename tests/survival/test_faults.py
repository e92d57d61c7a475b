"""Faults put into a whole search: it finishes, or stops with one message, and the study holds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fusionnas.searching.result_file import read_result
from fusionnas.studies.folder import StudyFolder
from tests.survival import driver
from tests.survival.consistency import check_consistent

pytestmark = pytest.mark.guards


def test_faults_of_trials(tmp_path: Path) -> None:
    """NaN loss, infinite metric, exception, memory that runs out, workers that are killed."""
    faults = {
        "trials/0": "nan",
        "trials/1": "infinite",
        "trials/2": "exception",
        "trials/3": "too large",
        "trials/4": "out of memory",
        "trials/5": "kill once",
        "trials/6": "kill",
    }
    driver.prepare(tmp_path, faults=faults)
    code, err = driver.run(tmp_path, "faulty", 9, 2)
    assert code == 0, err
    folder = StudyFolder(tmp_path / "runs" / "faulty")
    trials = {f"trials/{r.number}": r for r in check_consistent(folder)}
    states = {key: trials[key].state for key in faults}
    assert states == {
        "trials/0": "failed",
        "trials/1": "failed",
        "trials/2": "failed",
        "trials/3": "done",
        "trials/4": "failed",
        "trials/5": "done",
        "trials/6": "failed",
    }
    reasons = {key: str(trials[key].reason) for key in faults}
    assert "loss is not finite" in reasons["trials/0"]
    assert "not finite" in reasons["trials/1"]
    assert "ValueError: made to fail" in reasons["trials/2"]
    assert "out of memory, also with half the batch (64)" in reasons["trials/4"]
    assert "died, twice" in reasons["trials/6"]
    halved = read_result(folder.trial(3))
    assert halved is not None
    assert halved["batch_size"] == trials["trials/3"].metrics["batch_size"] == 64
    assert {r.state for key, r in trials.items() if key not in faults} <= {"done", "infeasible"}
    assert "Traceback" not in err


def test_a_worker_that_cannot_write_stops_the_search(tmp_path: Path) -> None:
    """It is continued where there is room, here without an MLflow that can be reached."""
    driver.prepare(tmp_path, faults={"trials/3": "full"})
    code, err = driver.run(tmp_path, "full", 6, 2)
    assert code == 1
    (message,) = [line for line in err.splitlines() if line.startswith("fusionnas:")]
    mark = tmp_path / "runs" / "full" / "marks" / "trials-3"
    assert f"trials/3 cannot be written: no space is left for {mark}. Make room there." in message
    assert "--name full --resume" in message
    assert "Traceback" not in err
    driver.plan(tmp_path, 0.0)  # room was made
    unreachable = "--tracking_uri=http://127.0.0.1:9"
    code, err = driver.run(tmp_path, "full", 6, 2, "--resume", unreachable)
    assert code == 0, err
    trials = check_consistent(StudyFolder(tmp_path / "runs" / "full"), tracked=False)
    assert {r.state for r in trials} <= {"done", "infeasible"}
    assert "could not be written to MLflow at http://127.0.0.1:9" in err
    assert "the study folder has them all" in err


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_disk_that_really_is_full(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2600k", "tmpfs", str(runs)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no mount allowed here")
    try:
        driver.prepare(tmp_path)
        code, err = driver.run(tmp_path, "full", 60, 2)
        assert code == 1, err
        (message,) = [line for line in err.splitlines() if line.startswith("fusionnas:")]
        assert "no space is left for" in message
        assert "Make room there." in message
        assert "Traceback" not in err
        subprocess.run(["mount", "-o", "remount,size=100m", str(runs)], check=True)
        done = len(list(runs.glob("full/trials/*/result.json")))
        code, err = driver.run(tmp_path, "full", done + 4, 2, "--resume")
        assert code == 0, err
        check_consistent(StudyFolder(runs / "full"))
    finally:
        subprocess.run(["umount", "--lazy", str(runs)], check=True)


def test_interrupts(tmp_path: Path) -> None:
    """Before the first trial, twice, and by SIGTERM: each is resumed, and loses nothing that ended.

    Ctrl-C or SIGTERM once ends a search well, within seconds; Ctrl-C twice ends it at once.
    """
    driver.prepare(tmp_path, seconds=60.0)
    folder = StudyFolder(tmp_path / "runs" / "stopped")
    process = driver.start(tmp_path, "stopped", 500, 2)
    wait_for(process, lambda: bool(list(folder.path.glob("marks/trials-*-begun"))))
    err = interrupt(process, signal.SIGINT)
    assert err.splitlines()[-1] == (
        "fusionnas: The search was stopped before it had found a network. Continue it with the "
        "same command and --name stopped --resume."
    )

    driver.plan(tmp_path, seconds=1.0)
    for signals in ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)):
        ended = finished(folder)
        process = driver.start(tmp_path, "stopped", 500, 2, "--resume")
        wait_for(process, lambda ended=ended: len(finished(folder)) >= len(ended) + 3)
        err = interrupt(process, *signals)
        assert "Traceback" not in err
        after = finished(folder)
        assert {path: after[path] for path in ended} == ended
        if signals == (signal.SIGTERM,):
            open_trials = [r for r in folder.open_study().get_trials() if r.state.name == "RUNNING"]
            assert open_trials == []
            assert (folder.best / "manifest.json").is_file()

    driver.plan(tmp_path, 0.0)
    ended = finished(folder)
    code, err = driver.run(tmp_path, "stopped", len(ended) + 3, 2, "--resume")
    assert code == 0, err
    check_consistent(folder)
    after = finished(folder)
    assert {path: after[path] for path in ended} == ended


def finished(folder: StudyFolder) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.path.glob("trials/*/result.json")}


def wait_for(process: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def interrupt(process: subprocess.Popen[str], *signals: signal.Signals) -> str:
    """Send signals; what the search then says until it has ended."""
    for one in signals:
        os.kill(process.pid, one)
        time.sleep(0.3)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    return err
