"""The process of a search ends when the worker that started it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CHILD = """
import os, pathlib, time
from fusionnas.benchmarking.search_process import _end_with
_end_with(os.getppid())
pathlib.Path("begun").write_text(str(os.getpid()))
try:
    time.sleep(120)
except KeyboardInterrupt:
    pathlib.Path("ended").write_text("by an interrupt")
"""
# interrupts are ignored, as by what a shell runs in the background
PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.run([sys.executable, "-c", sys.argv[1]])
"""


def test_it_is_interrupted_when_nobody_waits_for_it(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as parent:
        _wait_for(tmp_path / "begun")
        assert not (tmp_path / "ended").exists()
        os.kill(parent.pid, signal.SIGKILL)
    _wait_for(tmp_path / "ended")
    assert (tmp_path / "ended").read_text() == "by an interrupt"


def _wait_for(file: Path) -> None:
    until = time.monotonic() + 90
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < until, f"{file.name} did not come"
        time.sleep(0.1)
