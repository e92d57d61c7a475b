"""What work costs, with the processes that it starts."""

from __future__ import annotations

import subprocess
import sys

from fusionnas.benchmarking.meter import Meter

BUSY = "import time\nkept = bytearray(150_000_000)\nend = time.process_time() + 1.2\n"
BUSY += "while time.process_time() < end: pass"


def test_processes_below_are_counted() -> None:
    with Meter() as idle:
        pass
    with Meter() as busy:
        subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert 0.5 < busy.cpu_seconds < 2
    assert busy.wall_seconds > 1
    assert busy.peak_memory > idle.peak_memory + 100
    assert idle.cpu_seconds < 0.5
