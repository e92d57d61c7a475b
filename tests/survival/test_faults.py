"""Faults put into a whole search: it finishes, or stops with one message, and the study holds."""

from __future__ import annotations

import os
import subprocess
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
