"""Faults put into a whole search: it finishes, or stops with one message, and the study holds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
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


def test_mlflow_that_cannot_be_reached(tmp_path: Path) -> None:
    driver.prepare(tmp_path)
    code, err = driver.run(tmp_path, "untracked", 3, 2, "--tracking_uri=http://127.0.0.1:9")
    assert code == 0, err
    assert "could not be written to MLflow at http://127.0.0.1:9" in err
    assert "the study folder has them all" in err
    check_consistent(StudyFolder(tmp_path / "runs" / "untracked"), tracked=False)


def test_a_worker_that_cannot_write_stops_the_search(tmp_path: Path) -> None:
    driver.prepare(tmp_path, faults={"trials/3": "full"})
    code, err = driver.run(tmp_path, "full", 6, 2)
    assert code == 1
    (message,) = [line for line in err.splitlines() if line.startswith("fusionnas:")]
    mark = tmp_path / "runs" / "full" / "marks" / "trials-3"
    assert f"trials/3 cannot be written: no space is left for {mark}. Make room there." in message
    assert "--name full --resume" in message
    assert "Traceback" not in err
    driver.plan(tmp_path, 0.0)  # room was made
    code, err = driver.run(tmp_path, "full", 6, 2, "--resume")
    assert code == 0, err
    trials = check_consistent(StudyFolder(tmp_path / "runs" / "full"))
    assert {r.state for r in trials} <= {"done", "infeasible"}


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


def test_an_interrupt_before_the_first_trial(tmp_path: Path) -> None:
    driver.prepare(tmp_path, seconds=60.0)
    process = driver.start(tmp_path, "stopped", 5, 2)
    folder = StudyFolder(tmp_path / "runs" / "stopped")
    deadline = time.monotonic() + 120
    while not list(folder.path.glob("marks/trials-*-begun")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == (
        "fusionnas: The search was stopped before it had found a network. Continue it with the "
        "same command and --name stopped --resume."
    )
    driver.plan(tmp_path, 0.0)
    code, err = driver.run(tmp_path, "stopped", 3, 2, "--resume")
    assert code == 0, err
    check_consistent(folder)


@pytest.mark.parametrize("times", [1, 2])
def test_interrupts(tmp_path: Path, times: int) -> None:
    """Ctrl-C once ends a search well, within seconds; twice ends it at once."""
    driver.prepare(tmp_path, seconds=1.0)
    process = driver.start(tmp_path, "stopped", 500, 2)
    folder = StudyFolder(tmp_path / "runs" / "stopped")
    deadline = time.monotonic() + 120
    while len(list(folder.path.glob("trials/*/result.json"))) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for _ in range(times):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.3)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    if times == 1:
        open_trials = [r for r in folder.open_study().get_trials() if r.state.name == "RUNNING"]
        assert open_trials == []
        assert (folder.best / "manifest.json").is_file()
    driver.plan(tmp_path, 0.0)
    finished = {p: p.read_bytes() for p in folder.path.glob("trials/*/result.json")}
    code, err = driver.run(tmp_path, "stopped", len(finished) + 3, 2, "--resume")
    assert code == 0, err
    check_consistent(folder)
    assert all(path.read_bytes() == before for path, before in finished.items())
