"""A row is all that a new objective takes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from fusionnas.searching.objectives import OBJECTIVES, Objective, parse_objectives
from fusionnas.terminal.search import print_summary
from fusionnas.tracking.mlflow_names import trial_metrics
from fusionnas.workflows.study_result import open_study
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset

ERROR_SQUARED = Objective(
    "error_squared",
    "RMSE over MAE",
    "RMSE / MAE",
    "It is large where few errors are far larger than the others.",
    lambda result, score: result["val_rmse"] / result["val_mae"],
)


def test_it_is_minimised_shown_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OBJECTIVES, ERROR_SQUARED.name, ERROR_SQUARED)
    chosen = parse_objectives("val_mae,error_squared")
    folder = made_study(tmp_path, small_dataset(), trials=6, objectives=chosen)
    trials = folder.open_study().get_trials()
    done = [trial for trial in trials if trial.values is not None]
    assert len(done) >= 6
    assert all(len(t.values) == 2 and t.values[1] == pytest.approx(1.4) for t in done)
    view = open_study("made", runs=tmp_path).view("front")
    assert view.table["error_squared"].tolist() == pytest.approx([1.4] * len(view.table))
    assert ERROR_SQUARED.about in view.caption
    page = io.StringIO()
    print_summary(Console(file=page, width=200), folder.summary(), str(folder.path))
    assert ERROR_SQUARED.label in page.getvalue()
    told = {
        name: value for name, value, _ in trial_metrics({"metrics": folder.summary()["chosen"]})
    }
    assert told["other/error_squared"] == pytest.approx(1.4)
