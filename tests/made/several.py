"""A small table of several targets that can be learned, with gaps."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.searching.objectives import FIRSTS
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.train import train
from tests.made.made_study import made_study
from tests.made.once import once
from tests.made.small_data import small_dataset

NAMES = ("electronegativity", "elements", "sum")
UNITS = "Pauling,,Pauling"


@cache
def table_of_targets(rows: int = 240) -> pd.DataFrame:
    """Three targets; a third of the values is missing, and some rows have none."""
    data = small_dataset(rows)
    frame = pd.DataFrame({"formula": data.table.formulas(), NAMES[0]: data.targets})
    frame[NAMES[1]] = data.table.lengths.astype(float) * 1000
    frame[NAMES[2]] = frame[NAMES[0]] + frame[NAMES[1]] / 1000
    gaps = np.random.default_rng(0).random((rows, len(NAMES))) < 1 / 3
    frame[list(NAMES)] = frame[list(NAMES)].mask(gaps)
    return frame


@cache
def bundle_of_targets() -> Path:
    """A network that was trained on it."""
    folder = Path(mkdtemp(prefix="fusionnas-")) / "model"
    data = load_dataset(table_of_targets(), target_column=NAMES, unit=UNITS)
    train("cnn", data, folder, width=32, epochs=60)
    return folder


def study_of_targets(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A finished study of it, whose networks are as they were built; only to be read."""

    def make(folder: Path) -> None:
        data = load_dataset(table_of_targets(), target_column=NAMES, unit=UNITS)
        objectives = (FIRSTS["multi-target"], "cecv_deviation")
        made_study(folder, data, trials=3, objectives=objectives, firsts=2)

    return StudyFolder(once(tmp_path_factory, "of-targets", make) / "made")
