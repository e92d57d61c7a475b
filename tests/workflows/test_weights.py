"""Weights and error bars of rows, from a table to a bundle and through scikit-learn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas import FusionClassifier, FusionRegressor
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError, OptionError
from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.kinds import task_of
from fusionnas.terminal.console import plain_console
from fusionnas.terminal.search import print_summary
from fusionnas.workflows.observe import observe
from fusionnas.workflows.sample_efficiency import stored_dataset
from fusionnas.workflows.train import train_in_memory
from tests.made.command_line import fusionnas
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset


def table() -> pd.DataFrame:
    data = small_dataset()
    frame = pd.DataFrame({"formula": data.table.formulas(), "target": data.targets}).head(120)
    frame["s"] = np.exp(np.random.default_rng(1).uniform(-4, 0, len(frame)))
    frame["w"] = np.where(np.arange(len(frame)) % 5, 1.0, 0.0)
    return frame


def test_a_training_by_error_bars(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "t.csv", index=False)
    columns = ("--data", "t.csv", "--target-column", "target", "--error-column", "s")
    options = ("--width", "8", "--epochs", "2", "-o", "model")
    done = fusionnas("train", "lstm", *columns, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "error bars of column 's'" in done.stderr
    assert ", weighted like the rows" in done.stdout
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["data"]["weights"]["column"] == "s"
    metrics = manifest["metrics"]
    assert metrics["val_weighted_mae"] != metrics["val_mae"]
    card = (tmp_path / "model" / "model_card.md").read_text()
    assert "by the error bars in column 's', with a common part of" in card
    assert "the error bars of the data alone give" in card


def test_inspection_tells_the_weights(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "t.csv", index=False)
    columns = ("t.csv", "--target-column", "target")
    done = fusionnas("inspect", *columns, "--weight-column", "w", cwd=tmp_path)
    assert "24 rows left out: their weight is zero" in done.stdout
    assert "weights of column 'w'" in done.stdout
    both = fusionnas(
        "inspect", *columns, "--weight-column", "w", "--error-column", "s", cwd=tmp_path
    )
    assert both.returncode == 2
    assert "give only one" in both.stderr


def test_sample_weight_of_the_estimators() -> None:
    frame = table()
    quick = {"architecture": "lstm", "width": 8, "epochs": 1, "device": "cpu"}
    known = frame["w"] > 0

    def predicted(own: pd.DataFrame, weights: np.ndarray | None) -> np.ndarray:
        model = FusionRegressor(**quick).fit(own["formula"], own["target"], weights)
        return np.asarray(model.predict(frame["formula"]))

    left_out = predicted(frame, frame["w"].to_numpy())
    np.testing.assert_array_equal(left_out, predicted(frame[known], None))
    weights = 1 / frame["s"].to_numpy()
    np.testing.assert_array_equal(predicted(frame, weights), predicted(frame, 2 * weights))
    assert (predicted(frame, weights) != predicted(frame, None)).any()
    high = frame["target"] > frame["target"].median()
    found = FusionClassifier(**quick).fit(frame["formula"], high, sample_weight=weights)
    assert "val_weighted_log_loss" in found.metrics_


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(120), "not above zero in any row"),
        (np.full(120, -1.0), "not negative, but is -1.0 in row 0"),
        (np.full(120, np.nan), "must be finite numbers"),
    ],
)
def test_a_wrong_sample_weight_is_refused(weights: np.ndarray, message: str) -> None:
    frame = table()
    with pytest.raises(DataError, match=message):
        FusionRegressor("lstm", width=8).fit(frame["formula"], frame["target"], weights)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A study of rows with error bars."""
    data = small_dataset(300)
    errors = np.exp(np.random.default_rng(2).uniform(-4, 0, len(data.targets)))
    weights = RowWeights.of_errors("s", errors).with_common(0.1).scaled()
    runs = tmp_path_factory.mktemp("weighted") / "runs"
    return made_study(runs, replace(data, weights=weights), trials=2, firsts=2)


def test_a_study_keeps_the_weights_and_tells_the_weighted_error(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    summary, facts = study.summary(), study.facts["data"]
    assert facts["weights"] == {"column": "s", "common_error": 0.1}
    data, tested = study.data(), pd.read_csv(study.path / "test_predictions.csv", na_filter=False)
    assert data["weight"].mean() == pytest.approx(1)
    own = tested.merge(data[["formula", "weight"]], on="formula")
    errors = (own["prediction"] - own["target"]).abs()
    expected = np.average(errors, weights=own["weight"])
    assert summary["chosen"]["test_weighted_mae"] == pytest.approx(expected, rel=1e-6)
    print_summary(plain_console(), summary, str(study.path))
    assert "Weighted like the rows of the data, the MAE is" in capsys.readouterr().out
    again = stored_dataset(study)
    assert again.weights is not None
    np.testing.assert_allclose(again.weights.values, data["weight"])


def test_new_rows_need_weights_too(study: StudyFolder, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("formula,target\nNaCl,1\n")
    with pytest.raises(
        OptionError, match="have error bars, and new rows need some, too: add the column 's'"
    ):
        observe(study.path, tmp_path / "new.csv", output=tmp_path / "out.csv")


@pytest.mark.parametrize("kind", ["classes", "conditions"])
def test_a_study_of_classes_or_with_conditions_has_weights(
    tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    frame = table().drop(columns="s").assign(w=lambda rows: 1 + np.arange(len(rows)) % 3)
    options: dict[str, str] = {"weight_column": "w", "target_column": "target"}
    if kind == "classes":
        frame["target"] = np.array(["a", "b", "c"])[np.argsort(np.argsort(frame["target"])) % 3]
    else:
        frame["heat"] = np.where(np.arange(len(frame)) % 2, 300.0, 900.0)
        options["input_columns"] = "heat"
    data = load_dataset(frame, **options)
    objectives = (task_of(data).error.key("val"), "cecv_deviation")
    runs = tmp_path_factory.mktemp("weighed")
    study = made_study(runs, data, trials=2, firsts=2, objectives=objectives)
    key = task_of(data).weighted_key("test")
    assert study.summary()["chosen"][key] > 0
    assert stored_dataset(study).fingerprint == data.fingerprint
    trained = train_in_memory("dcnn-k1", data, width=8, epochs=1)
    assert task_of(data).weighted_key("val") in trained.metrics
