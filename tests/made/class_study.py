"""A finished study of two classes, made within seconds; its networks are as they were built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.searching.objectives import FIRSTS
from fusionnas.studies.folder import StudyFolder
from tests.made.made_study import made_study
from tests.made.once import once
from tests.made.small_data import small_dataset


def class_dataset(rows: int = 120) -> Dataset:
    """Half of the rows are of each class."""
    data = small_dataset(rows)
    codes = (data.targets > np.median(data.targets)).astype(float)
    return replace(data, targets=codes, unit="", classes=("low", "high"))


def class_study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Only to be read; without its page."""

    def make(folder: Path) -> None:
        objectives = (FIRSTS["classification"], "cecv_deviation")
        made_study(folder, class_dataset(), trials=2, objectives=objectives, firsts=2)

    return StudyFolder(once(tmp_path_factory, "of-classes", make) / "made")
