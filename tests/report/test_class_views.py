"""The report of a study of classes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.reading.classes import CLASSIFICATION, MULTI_TARGET, REGRESSION
from fusionnas.errors import ViewError
from fusionnas.report import write_report
from fusionnas.report.views import VIEWS, make_view
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.sample_efficiency import measure_sample_efficiency
from tests.made.class_study import THREE, TWO, class_study


@pytest.fixture(scope="module", params=[TWO, THREE], ids=["two", "three"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return class_study(tmp_path_factory, request.param)


OF_CLASSES = [maker.name for maker in VIEWS if maker.kind == CLASSIFICATION]


@pytest.mark.parametrize("name", OF_CLASSES)
def test_a_view_of_classes_is_a_picture_with_its_numbers(
    study: StudyFolder, name: str, tmp_path: Path
) -> None:
    view = make_view(FinishedStudy(study), name)
    picture, _ = view.save(tmp_path)
    assert picture.stat().st_size > 1000
    assert view.name == name
    assert view.caption.endswith(".")


def test_every_test_compound_is_confused_once(study: StudyFolder) -> None:
    material = FinishedStudy(study)
    assert make_view(material, "confusion").table["compounds"].sum() == len(material.predictions)
    bins = make_view(material, "probability-by-class").table
    counts = bins.filter(like="true class").to_numpy()
    assert counts.sum() == len(material.predictions)
    assert counts.shape[1] == len(material.summary["classes"])


def test_reliability_covers_the_share_it_saw(study: StudyFolder) -> None:
    table = make_view(FinishedStudy(study), "reliability").table
    assert table["compounds"].sum() == len(FinishedStudy(study).predictions)
    assert ((table["low"] <= table["seen"]) & (table["seen"] <= table["high"])).all()


def test_views_of_numbers_are_left_out_with_a_reason(study: StudyFolder, tmp_path: Path) -> None:
    copy = StudyFolder(tmp_path / "made")
    shutil.copytree(study.path, copy.path)
    written = write_report(copy, ["parity", "yardsticks", "learning", "confusion"])
    why = "it is for numbers of one target, and the target is of classes"
    assert written.left_out == {"parity": why}
    page = copy.report.read_text(encoding="utf-8")
    assert "test log loss, looked at once" in page
    assert "MAE" not in page.split("<script>")[0]


def test_views_of_classes_are_not_for_numbers() -> None:
    kinds = {None, CLASSIFICATION, REGRESSION, MULTI_TARGET}
    assert {maker.kind for maker in VIEWS} == kinds


def test_a_view_of_numbers_is_refused(study: StudyFolder) -> None:
    with pytest.raises(ViewError, match="it is for numbers"):
        make_view(FinishedStudy(study), "calibration")


def test_the_loss_of_the_test_rows_is_the_test_error(study: StudyFolder) -> None:
    material = FinishedStudy(study)
    assert np.mean(material.test_losses) == pytest.approx(
        (material.summary.get("predictor") or material.summary["chosen"])["test_log_loss"],
        abs=1e-6,
    )


def test_sample_efficiency_is_in_log_losses(study: StudyFolder, tmp_path: Path) -> None:
    """Each share has all classes, and the whole part is the search's own training."""
    copy = StudyFolder(tmp_path / "made")
    shutil.copytree(study.path, copy.path)
    steps: list[str] = []
    runs = measure_sample_efficiency(copy, lambda words, *_: steps.append(words))
    assert runs[-1].val_error == copy.summary()["chosen"]["val_log_loss"]
    assert all("validation log loss" in words for words in steps)
    view = make_view(FinishedStudy(copy), "sample-efficiency")
    assert view.table["val_log_loss"].tolist() == [run.val_error for run in runs]
    assert view.png(30)
