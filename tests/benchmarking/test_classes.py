"""Tables of classes: which systems learn them, their scores, the page, and Matbench's file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.benchmarking import matbench_export
from fusionnas.benchmarking.made import load_made
from fusionnas.benchmarking.matbench_export import export_matbench
from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.paired import firsts_and_seconds
from fusionnas.benchmarking.plan import make_plan
from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.run import benchmark
from fusionnas.benchmarking.show import write_page
from fusionnas.benchmarking.suites import find_suite
from fusionnas.benchmarking.summary import summarise
from fusionnas.benchmarking.systems import find_system
from fusionnas.benchmarking.systems.system import System
from fusionnas.data.matbench import TASKS, official_fold
from tests.made.command_line import fusionnas
from tests.made.here import without_ray
from tests.made.once import once


def write_tables(folder: Path) -> None:
    """A task of Matbench with one fold, whose classes are 0 and 1, and a CSV of three words."""
    frame = load_made("made-spread", "folds:5:0", 0).to_frame()
    codes = np.searchsorted(frame["target"].quantile([0.3, 0.7]), frame["target"])
    words = folder / "words"
    words.mkdir(parents=True)
    kinds = np.array(["low", "middle", "high"])[codes]
    pd.DataFrame({"formula": frame["formula"], "kind": kinds}).to_csv(
        words / "kinds.csv", index=False
    )
    metal = folder / "matbench" / "expt_is_metal"
    metal.mkdir(parents=True)
    frame["target"] = (codes > 0).astype(int)
    for part in ("train", "val", "test"):
        rows = frame.loc[frame["part"] == part, ["formula", "target"]]
        rows.to_csv(metal / f"{part}0.csv", index=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Shares and a network of one epoch on both tables; the median learns neither."""

    def make(folder: Path) -> None:
        write_tables(folder)
        options = BenchmarkOptions(
            suite=f"matbench,{folder / 'words'}",
            tables=folder,
            output=folder / "results",
            systems="shares,median,lstm",
            folds=1,
            budget="1",
            width=8,
        )
        with without_ray():
            _, complete = benchmark(options)
        assert complete

    return Results(once(tmp_path_factory, "benchmark-of-classes", make) / "results")


def test_each_result_has_the_scores_of_classes(results: Results) -> None:
    table = results.table()
    assert table[["table", "system"]].to_numpy().tolist() == [
        ["expt_is_metal", "shares"],
        ["expt_is_metal", "lstm"],
        ["kinds", "shares"],
        ["kinds", "lstm"],
    ]
    assert (table["state"] == "done").all(), table["reason"].tolist()
    assert table["mae"].isna().all()
    assert ((table["log_loss_low"] < table["log_loss"]) & (table["log_loss"] < 1.3)).all()
    two = table[table["table"] == "expt_is_metal"]
    np.testing.assert_allclose(two["roc_auc_labels"], two["balanced_accuracy"])
    assert two["roc_auc"].iloc[0] == 0.5
    halves = table[["near_log_loss", "far_log_loss"]].mean(axis=1)
    assert halves.to_numpy() == pytest.approx(table["log_loss"].to_numpy(), rel=0.02)
    said = pd.read_csv(results.predictions(Task("kinds", None, "given", "folds:5:0", 0, "lstm")))
    np.testing.assert_allclose(said.filter(like="prediction[").sum(axis=1), 1, atol=1e-6)


def test_the_page_shows_scores_beside_published_ones(results: Results) -> None:
    summary = summarise(results.table())
    assert set(summary["metric"]) == {"log loss"}
    pairs = firsts_and_seconds(results, summary)
    assert set(pairs["table"]) == {"expt_is_metal", "kinds"}
    written = write_page(results.folder)
    page = written.page.read_text(encoding="utf-8")
    assert "Scores of classes" in page
    published = {system: scores for table, system, scores in written.class_scores[4:]}
    assert published["RF-SCM/Magpie (published)"]["of labels"] == 0.9167
    shown = fusionnas("benchmark", "--show", str(results.folder), cwd=results.folder)
    assert shown.returncode == 0, shown.stderr
    assert "log loss" in shown.stdout
    assert "AMMExpress" in shown.stdout


def test_a_system_of_numbers_is_left_out_and_said(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = System("other", "field", "of numbers", lambda seen: pytest.fail("called"))
    chosen = (find_system("median"), find_system("shares"), other)
    monkeypatch.setattr("fusionnas.benchmarking.plan.choose_systems", lambda names: chosen)
    options = BenchmarkOptions(suite=str(results.folder.parent / "words"), output=Path("x"))
    plan = make_plan(options, find_suite(options.suite, None))
    assert {task.system for task in plan.tasks} == {"shares"}
    assert plan.left_out == ["other on kinds: not made for classification"]


def test_the_highest_targets_of_classes_are_not_left_out(results: Results) -> None:
    options = BenchmarkOptions(
        suite=str(results.folder.parent / "words"), output=Path("x"), split="tail"
    )
    with pytest.raises(Exception, match="a class, which has no highest values"):
        make_plan(options, find_suite(options.suite, None))


def test_official_folds_of_classes_are_stratified() -> None:
    codes = np.repeat([0.0, 1.0], [30, 70])
    for fold in range(5):
        _, test = official_fold(100, fold, codes)
        assert codes[test].sum() == 14


def test_a_submission_of_classes_has_the_scores_of_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    codes = (rng.uniform(size=TASKS["glass"].rows) < 0.7).astype(float)
    monkeypatch.setattr(matbench_export, "read_matbench", lambda task: (None, codes))
    made = Results(tmp_path / "made")
    made.begin({"suite": "matbench"}, resume=False)
    for fold in range(5):
        task = Task("glass", None, "given", str(fold), 0, "shares")
        target = codes[official_fold(len(codes), fold, codes)[1]]
        p = np.where(np.arange(len(target)) % 10 == 0, 1 - target, target) * 0.8 + 0.1
        made.predictions(task).parent.mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame({"formula": "Fe", "target": target, "prediction": p})
        frame.to_csv(made.predictions(task), index=False)
        row = {"key": task.key, "table": "glass", "fold": str(fold), "system": "shares"}
        made.add(row | {"suite": "matbench", "split": "given", "seed": 0, "state": "done"})
    file, _ = export_matbench(made, "shares")
    folds = json.loads(gzip.decompress(file.read_bytes()))["tasks"]["matbench_glass"]["results"]
    scores = folds["fold_0"]["scores"]
    assert list(scores) == ["accuracy", "balanced_accuracy", "f1", "rocauc"]
    assert scores["accuracy"] == pytest.approx(0.9, abs=0.01)
    assert scores["rocauc"] == pytest.approx(scores["balanced_accuracy"])
    assert len(folds["fold_0"]["data"]) == len(official_fold(len(codes), 0, codes)[1])
