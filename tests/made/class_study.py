"""Finished studies of classes, made within seconds; their networks are as they were built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.classes import Classes
from fusionnas.searching.objectives import FIRSTS
from fusionnas.studies.folder import StudyFolder
from tests.made.made_study import made_study
from tests.made.once import once
from tests.made.small_data import small_dataset

TWO, THREE = ("low", "high"), ("low", "middle", "high")


def class_dataset(rows: int = 120, classes: Classes = TWO) -> Dataset:
    """Each class has the same number of rows."""
    data = small_dataset(rows)
    edges = np.quantile(data.targets, np.arange(1, len(classes)) / len(classes))
    codes = np.searchsorted(edges, data.targets).astype(float)
    return replace(data, targets=codes, unit="", classes=classes)


def class_study(tmp_path_factory: pytest.TempPathFactory, classes: Classes = TWO) -> StudyFolder:
    """Only to be read; without its page."""

    def make(folder: Path) -> None:
        objectives = (FIRSTS["classification"], "cecv_deviation")
        made_study(
            folder, class_dataset(classes=classes), trials=2, objectives=objectives, firsts=2
        )

    return StudyFolder(once(tmp_path_factory, f"of-{len(classes)}-classes", make) / "made")
