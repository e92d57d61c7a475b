"""A finished study, made without training; copied for the tests that change it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import NUMBERS
from fusionnas.data.splits import split
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.conclusion import draw
from tests.made.made_study import made_study
from tests.made.once import once
from tests.made.small_data import small_dataset


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """With its page; only to be read."""

    def make(folder: Path) -> None:
        draw(made_study(folder / "runs", few_elements(), trials=12))

    return StudyFolder(once(tmp_path_factory, "made", make) / "runs" / "made")


@pytest.fixture(scope="session")
def guided(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Only to be read: adaptive, and with test compounds enough for corrected intervals."""

    def make(folder: Path) -> None:
        made_study(folder, small_dataset(900), trials=18, sampler="adaptive", design=3)

    return StudyFolder(once(tmp_path_factory, "guided", make) / "made")


def few_elements() -> Dataset:
    """Compositions of few elements, so that many have their chemical system in common."""
    data = small_dataset(40_000)  # all that there are
    common = [NUMBERS[symbol] for symbol in ("Li", "O", "Na", "Si", "P", "S", "Fe", "Cu")]
    rows = np.flatnonzero(~data.table.row_any(~np.isin(data.table.numbers, common)))
    table = data.table.take(rows)
    return replace(
        data, table=table, targets=data.targets[rows], parts=split(table, "random", 0, data.name)
    )


@pytest.fixture(scope="session")
def material(made: StudyFolder) -> FinishedStudy:
    return FinishedStudy(made)


@pytest.fixture
def copy(made: StudyFolder, tmp_path: Path) -> StudyFolder:
    """The study, to be changed."""
    shutil.copytree(made.path, tmp_path / "runs" / made.name)
    return StudyFolder(tmp_path / "runs" / made.name)
