"""What a study of classes leaves."""

from __future__ import annotations

import json

import pytest

import fusionnas
from fusionnas.models.predictor import Predictor
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.status import status
from tests.made.class_study import THREE, TWO, class_study


@pytest.fixture(scope="module", params=[TWO, THREE], ids=["two", "three"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return class_study(tmp_path_factory, request.param)


def test_its_summary_has_the_keys_of_its_task(study: StudyFolder) -> None:
    summary = study.summary()
    assert summary["task"] == "classification"
    assert tuple(summary["classes"]) in (TWO, THREE)
    assert summary["objectives"] == ["val_log_loss", "cecv_deviation"]
    assert {"val_log_loss", "test_log_loss", "test_roc_auc", "test_mcc"} <= set(summary["chosen"])
    assert not [key for key in summary["chosen"] if "mae" in key]
    assert set(summary["yardsticks"]) >= {"shares", "lightgbm_classes", "random_forest_classes"}
    assert "log loss" in summary["usefulness_words"]
    assert "MAE" not in json.dumps(summary["beside_yardsticks"]) + summary["best_words"]


def test_its_status_names_the_log_loss(study: StudyFolder) -> None:
    found = status(study.path)
    plain = found.to_dict()
    assert found.error.label == "log loss"
    assert plain["test_log_loss"] == study.summary()["chosen"]["test_log_loss"]
    assert plain["best"]["val_log_loss"] > 0
    assert "test_mae" not in plain


def test_its_network_predicts_classes(study: StudyFolder) -> None:
    found = Predictor.load(study.best)
    assert list(found.classes) == study.summary()["classes"]
    frame = found.predict(["NaCl", "Fe2O3"])
    assert set(frame["class"]) <= set(found.classes)
    data = study.data()
    for code, name in enumerate(found.classes):
        formula = data.loc[data["target"] == code, "formula"].iloc[0]
        row = fusionnas.load(study.path).predict([formula]).iloc[0]
        assert row["known"] == name
        assert row["known_from"]
    card = (study.best / "model_card.md").read_text(encoding="utf-8")
    assert "| | log loss | 95% interval |" in card
