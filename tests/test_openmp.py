"""Every process that trains or predicts gives OpenMP its settings before torch reads them.

With OMP_DISPLAY_ENV libgomp says itself, when it is loaded, what it has read.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from fusionnas.openmp import SPINS
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.ray.tune import run_jobs
from fusionnas.searching.workers import Workers
from tests.made.small_data import small_dataset
from tests.searching.ray.test_tune import Recording

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="torch has libgomp on Linux alone")

ROOT = Path(__file__).parents[1]
OURS = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}


def spins_of(*command: str, given: str = "", **environment: str) -> set[int]:
    """Which numbers of spins the OpenMP libraries of a process say that they have."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    shown = {"PYTHONPATH": str(ROOT), "OMP_DISPLAY_ENV": "VERBOSE", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, *command],
        env=clean | shown | environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read(done.stderr)


def read(displayed: str) -> set[int]:
    return {int(spins) for spins in re.findall(r"GOMP_SPINCOUNT = '(\d+)'", displayed)}


def test_in_python() -> None:
    assert spins_of("-c", "import fusionnas; fusionnas.FusionRegressor") == {SPINS}


def test_what_a_user_sets_stays() -> None:
    """Passive waiting is no spin at all."""
    command = ("-c", "import fusionnas, torch")
    assert spins_of(*command, OMP_WAIT_POLICY="PASSIVE") == {0}


@pytest.mark.slow
def test_in_python_and_what_a_user_sets_in_full() -> None:
    command = ("-c", "import fusionnas, torch")
    assert spins_of(*command) == {SPINS}
    assert spins_of(*command, GOMP_SPINCOUNT="77") == {77}
    assert spins_of("-c", "import torch") != {SPINS}


@pytest.mark.slow
def test_in_commands_and_in_the_process_that_checks_a_bundle(tmp_path: Path) -> None:
    data = small_dataset(100)
    frame = pd.DataFrame({"formula": data.table.formulas(), "target": data.targets})
    frame.to_csv(tmp_path / "table.csv", index=False)
    out = str(tmp_path / "out")
    training = ("train", "gru", "--data", str(tmp_path / "table.csv"), "--width", "8")
    assert spins_of("-m", "fusionnas", *training, "--epochs", "1", "-o", out) == {SPINS}
    assert spins_of("-m", "fusionnas", "predict", out, "SrTiO3") == {SPINS}
    checking = ("-m", "fusionnas.models.fresh_process", out)
    assert spins_of(*checking, given=json.dumps(["SrTiO3"])) == {SPINS}


def make_work_that_computes(shared: None) -> Work:
    def work(job: Job) -> Iterator[Result]:
        import torch

        torch.ones(8).sum()
        errors = Path(os.readlink("/proc/self/fd/2"))  # where Ray puts what a worker says
        yield {"state": "done", "displayed": errors.read_text()}

    return work


@pytest.mark.slow
def test_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_DISPLAY_ENV", "VERBOSE")
    queue = Recording([Job("one", {})])
    assert run_jobs(queue, make_work_that_computes, None, Workers(1, 1, 0.0))
    assert read(queue.results["one"]["displayed"]) == {SPINS}
