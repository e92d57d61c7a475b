"""A finished study, made without training; copied for the tests that change it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fusionnas.report.material import Material
from fusionnas.study_folder import StudyFolder
from tests.made_study import made_study
from tests.small_data import small_dataset


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Only to be read."""
    return made_study(tmp_path_factory.mktemp("made") / "runs", small_dataset(400), trials=12)


@pytest.fixture(scope="session")
def material(made: StudyFolder) -> Material:
    return Material(made)


@pytest.fixture
def copy(made: StudyFolder, tmp_path: Path) -> StudyFolder:
    """The study, to be changed."""
    shutil.copytree(made.path, tmp_path / "runs" / made.name)
    return StudyFolder(tmp_path / "runs" / made.name)
