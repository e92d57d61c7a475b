"""A whole search on a small real slice, as a user starts it; made once for all test processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fusionnas.studies.folder import StudyFolder
from tests.made.once import once
from tests.made.small_data import small_dataset

SPACE = """
name: tiny
width: [16, 24]
stages: {global: [0, 1], local: [0, 1]}
global: {lstm: {}, gru: {}, self_attention: {heads: [2, 4]}}
local: {dcnn: {blocks: {low: 0, high: 2}}, dcnn_k1: {blocks: [1, 2]}, cnn: {}}
attention: {none: {}, soft: {}}
fusion: {sequential: {}, skip: {}}
"""
# what is tested with it; the predictor has tests of its own
ONE_NETWORK = ("--quality", "fast", "--folds", "off")
EPOCHS = ("--epochs", "12")
TRIALS = 7
ROWS = 600


def command(*arguments: str, trials: int, name: str = "study") -> list[str]:
    """What follows `fusionnas` in a folder with `write_inputs`."""
    return [
        "search",
        "--space",
        "tiny.yaml",
        "--data",
        "data.csv",
        "--name",
        name,
        "--trials",
        str(trials),
        "--unit",
        "Pauling",
        "--probe",
        "all",
        "--workers",
        "2",
        *ONE_NETWORK,
        *arguments,
    ]


def write_inputs(folder: Path) -> None:
    data = small_dataset(ROWS)
    rows = zip(data.table.formulas(), data.targets, strict=True)
    (folder / "data.csv").write_text("formula,target\n" + "".join(f"{f},{y}\n" for f, y in rows))
    (folder / "tiny.yaml").write_text(SPACE)


def searched(tmp_path_factory: pytest.TempPathFactory, name: str) -> StudyFolder:
    """A copy of the study in a folder of its own, with the inputs, `out.txt` and `err.txt`."""
    folder = tmp_path_factory.mktemp(name) / "search"
    shutil.copytree(once(tmp_path_factory, "searched", _search), folder)
    return StudyFolder(folder / "runs" / "study")


def _search(folder: Path) -> None:
    write_inputs(folder)
    done = subprocess.run(
        [sys.executable, "-m", "fusionnas", *command(*EPOCHS, trials=TRIALS)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    (folder / "out.txt").write_text(done.stdout)
    (folder / "err.txt").write_text(done.stderr)
