"""A search as a user runs it, with faults and delays put into its workers.

`python -m tests.survival.driver NAME TRIALS WORKERS [--resume]` in a folder that `prepare` made.
Evaluations are the real ones, on little data; a trial then sleeps, so that many can run on few
cores.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.probe import choose_probe
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.data.sources import load_dataset
from fusionnas.models.baselines.yardsticks import yardstick
from fusionnas.searching import work as searching
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.setting import Setting, vector_provenance
from fusionnas.training.trainer import Trainer
from tests.made.searched import SPACE
from tests.made.short_report import short_report
from tests.made.small_data import small_dataset

QUICK = (yardstick("median"), yardstick("extra_trees_median"))
ROWS, EPOCHS, PLAN = 400, 8, "plan.json"
STARTED: list[subprocess.Popen[str]] = []  # drivers of the test that runs


def prepare(folder: Path, seconds: float = 0.0, faults: Mapping[str, str] | None = None) -> None:
    """Put data, space, band and the plan of the faults into a folder."""
    data = small_dataset(ROWS)
    rows = zip(data.table.formulas(), data.targets, strict=True)
    (folder / "data.csv").write_text("formula,target\n" + "".join(f"{f},{y}\n" for f, y in rows))
    (folder / "tiny.yaml").write_text(SPACE)
    probe = choose_probe(load_dataset(folder / "data.csv", seed=0), "all", 0)
    made = vector_provenance(probe)
    references = [
        Reference(
            side,
            width,
            seed,
            Cecv(THRESHOLDS, (count + seed,) * 8, {}, 60, {"degenerate": 0}, made),
        )
        for side, count in (("global", 20.0), ("local", 50.0))
        for width in (16, 24)
        for seed in (0, 1)
    ]
    band = TargetBand.of(references).to_dict()
    (folder / "given.json").write_text(json.dumps(band))
    plan(folder, seconds, faults)


def plan(folder: Path, seconds: float, faults: Mapping[str, str] | None = None) -> None:
    (folder / PLAN).write_text(json.dumps({"seconds": seconds, "faults": dict(faults or {})}))


def options(folder: Path, trials: int, workers: int | None, **more: Any) -> dict[str, Any]:
    """What `fusionnas.search` gets."""
    return {
        "space": str(folder / "tiny.yaml"),
        "data": folder / "data.csv",
        "trials": trials,
        "probe": "all",
        "epochs": EPOCHS,
        "band": folder / "given.json",
        "unit": "Pauling",
        "workers": workers,
        "runs": folder / "runs",
        "quality": "fast",
        "folds": "off",
        **more,
    }


def start(
    folder: Path, name: str, trials: int, workers: int, *arguments: str
) -> subprocess.Popen[str]:
    """The driver as a process of its own; one that a failed test leaves is killed (conftest.py)."""
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.survival.driver",
            name,
            str(trials),
            str(workers),
            *arguments,
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": root},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    STARTED.append(process)
    return process


def run(folder: Path, name: str, trials: int, workers: int, *arguments: str) -> tuple[int, str]:
    """Run the driver to its end: exit code and what it printed on standard error."""
    driver = start(folder, name, trials, workers, *arguments)
    _, err = driver.communicate(timeout=500)
    return driver.returncode, err


def make_work(setting: Setting) -> Work:
    """The real work, with what the plan puts into it."""
    real = searching.make_work(setting)

    def work(job: Job) -> Iterator[Result]:
        planned = json.loads((setting.folder.parents[1] / PLAN).read_text())
        marks = setting.folder / "marks"
        marks.mkdir(exist_ok=True)
        mark = marks / job.key.replace("/", "-")
        (marks / f"{mark.name}-begun").touch()
        with injected(planned["faults"].get(job.key), mark):
            if job.key.startswith("trials/"):
                time.sleep(planned["seconds"])
            yield from real(job)

    return work


@contextmanager
def injected(fault: str | None, mark: Path) -> Iterator[None]:
    """A fault by name; `once` ones leave a mark and spare the next run of the job."""
    first = not mark.exists()
    if fault is not None:
        mark.touch()
    if fault == "kill" or (fault == "kill once" and first):
        os.kill(os.getpid(), signal.SIGKILL)
    real = Trainer._loss
    largest: list[int] = []

    def loss(trainer: Trainer, step: Any) -> Any:
        size = sum(len(piece.inputs) for piece in step)
        largest.append(size)
        if fault == "nan":
            return real(trainer, step) * float("nan")
        if fault == "exception":
            raise ValueError("made to fail")
        if fault == "full":
            raise OSError(28, "No space left on device", str(mark))
        if fault == "out of memory" or (fault == "too large" and size >= max(largest) > 64):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(trainer, step)

    with mock.patch.object(Trainer, "_loss", loss):
        if fault == "infinite":
            with mock.patch.object(Trainer, "_validate", return_value=float("inf")):
                yield
        else:
            yield


def main() -> None:
    name, trials, workers, *rest = sys.argv[1:]
    from fusionnas.errors import FusionNASError
    from fusionnas.terminal.search_progress import ConsoleDisplay
    from fusionnas.workflows import search as experiment

    mock.patch("fusionnas.workflows.driver.make_work", make_work).start()
    mock.patch("fusionnas.searching.yardstick_jobs.YARDSTICKS", QUICK).start()
    short_report().start()
    given = dict(argument.removeprefix("--").split("=", 1) for argument in rest if "=" in argument)
    try:
        result = experiment.search(
            **options(Path.cwd(), int(trials), int(workers), name=name, resume="--resume" in rest),
            **given,
            display=ConsoleDisplay(),
        )
    except FusionNASError as e:
        print(f"fusionnas: {e}", file=sys.stderr)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(130 if result.interrupted else 0)


if __name__ == "__main__":
    # as the module that workers can import
    from tests.survival import driver

    driver.main()
