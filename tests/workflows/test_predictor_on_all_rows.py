"""The predictor of a study without folds: its networks are refitted to all rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.report.pictures.learning import learning
from fusionnas.searching.final_training import FOLDER, final_trainings
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.status import status
from fusionnas.workflows.candidates import HeldOut
from fusionnas.workflows.study_result import StudyResult
from tests.made.once import once
from tests.workflows.test_predictor import noisy, searched

pytestmark = pytest.mark.guards  # a search with its final training, and its resume


@pytest.fixture(scope="module")
def data() -> Dataset:
    return noisy()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, data: Dataset) -> StudyResult:
    """Only to be read."""
    made = once(
        tmp_path_factory, "on-all-rows", lambda folder: searched(folder, data, "study", folds="off")
    )
    return StudyResult(StudyFolder(made / "runs" / "study"))


def test_every_network_of_the_final_training_is_refitted(result: StudyResult) -> None:
    folder = result.folder.path
    trainings = final_trainings(folder)
    assert trainings
    for training in trainings:
        refit = read_result(folder / FOLDER / f"{training.folder.name}-whole")
        assert refit is not None
        for name in ("epochs", "best_epoch", "seed"):
            assert refit[name] == training.result[name]
        assert len(refit["history"]) == refit["refit_epochs"]
        assert 1 <= refit["refit_epochs"] < training.result["best_epoch"]
    assert status(folder).final_trainings == 2 * len(trainings)


def test_the_best_network_is_a_refitted_one_with_the_error_on_held_out_rows(
    result: StudyResult, data: Dataset
) -> None:
    folder, chosen = result.folder.path, result.summary["chosen"]
    assert chosen["folder"].endswith("-whole")
    judged = read_result(folder / chosen["folder"].removesuffix("-whole"))
    assert judged is not None
    assert chosen["val_mae"] == judged["val_mae"]
    manifest = json.loads((folder / "best" / "manifest.json").read_text())
    assert manifest["metrics"]["val_mae"] == judged["val_mae"]
    assert manifest["recipe"]["epochs"] == judged["epochs"]
    epochs = manifest["metrics"]["refit_epochs"]
    told = f"the weights of epoch {judged['best_epoch']}, refitted to all training and validation"
    card = (folder / "best" / "model_card.md").read_text()
    assert f"{told} rows in {epochs} further epoch" in card
    rows = np.concatenate([data.parts.train, data.parts.val])
    assert manifest["training_compositions"]["count"] == len(set(data.table.take(rows).keys()))
    words = "Yardsticks and network are fitted to the training and validation parts."
    assert result.summary["beside_yardsticks"]["fitted_to"] == words
    assert words in (folder / "best" / "model_card.md").read_text()


def test_its_learning_curve_is_that_of_the_training_by_which_it_was_judged(
    result: StudyResult,
) -> None:
    """The refit has learned from the validation rows."""
    rows = learning(FinishedStudy(result.folder)).table
    own = rows.loc[rows["network"] == "recommended network", "val_mae"]
    assert own.min() == pytest.approx(result.summary["chosen"]["val_mae"])


def test_the_predictor_has_refitted_networks_judged_before(
    result: StudyResult, data: Dataset
) -> None:
    """A network predicts new rows with its refitted weights, and is judged by the others."""
    folder, test = result.folder, data.table.take(data.parts.test)
    trained = {f"trial {one.number}, seed {one.seed}": one for one in final_trainings(folder.path)}
    found = [one for one in HeldOut(folder, data).candidates()[0] if one.name in trained]
    assert len(found) == len(trained)
    for candidate in found:
        judged = trained[candidate.name]
        assert candidate.error == pytest.approx(judged.error, rel=1e-5)
        place = judged.folder.with_name(f"{judged.folder.name}-whole")
        assert candidate.folders == (place,)
        refitted, before = (
            Predictor(Bundle.stored(path, folder.facts["data"])).mixture(test).value
            for path in (place, judged.folder)
        )
        said = Predictor(*candidate.models, manifest={"unit": ""}).mixture(test).value
        np.testing.assert_allclose(said, refitted, rtol=1e-4)
        assert np.abs(said - before).max() > 1e-3


def test_a_refit_that_failed_leaves_the_judged_network(
    result: StudyResult, data: Dataset, tmp_path: Path
) -> None:
    """It is told, and a resume trains it again."""
    shutil.copytree(result.folder.path, tmp_path / "runs" / "study")
    folder = StudyFolder(tmp_path / "runs" / "study")
    chosen = folder.path / result.summary["chosen"]["folder"]
    (chosen / RESULT).unlink()
    resumed = searched(tmp_path, data, "study", resume=True, folds="off")
    assert (chosen / RESULT).is_file()
    before = pd.read_csv(result.folder.path / "test_predictions.csv", na_filter=False)
    after = pd.read_csv(resumed.folder.path / "test_predictions.csv", na_filter=False)
    np.testing.assert_allclose(after["prediction"], before["prediction"], rtol=1e-4)
    assert fusionnas.load(folder.path).predict(["NaCl"])["value"].notna().all()
