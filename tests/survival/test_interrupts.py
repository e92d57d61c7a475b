"""Ctrl-C and SIGTERM end a search well, and it goes on; long, so in a file of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fusionnas.studies.folder import StudyFolder
from tests.survival import driver
from tests.survival.consistency import check_consistent

pytestmark = pytest.mark.guards


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
    deadline = time.monotonic() + 300
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
