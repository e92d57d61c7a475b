"""A submission to Matbench: the identifiers, the scores, and what its validator says."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fusionnas.benchmarking import matbench_export
from fusionnas.benchmarking.matbench_export import export_matbench, identifiers
from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.results import Results
from fusionnas.data.matbench import TASKS, official_fold
from fusionnas.errors import OptionError
from tests.made.command_line import fusionnas

TARGETS = np.random.default_rng(0).normal(1400, 200, TASKS["steels"].rows)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """Five folds of made predictions on a table with as many rows as matbench_steels."""
    monkeypatch.setattr(matbench_export, "read_matbench", lambda task: (None, TARGETS))
    made = Results(tmp_path / "made")
    made.begin({"suite": "matbench"}, resume=False)
    for fold in range(5):
        task = Task("steels", None, "given", str(fold), 0, "lstm:paper")
        target = TARGETS[official_fold(len(TARGETS), fold)[1]]
        frame = pd.DataFrame({"formula": "Fe", "target": target, "prediction": target + fold})
        made.predictions(task).parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(made.predictions(task), index=False)
        row = {"key": task.key, "table": "steels", "fold": str(fold), "system": task.system}
        row |= {"suite": "matbench", "split": "given", "seed": 0, "state": "done", "width": 64}
        made.add(row)
    return made


def submission(results: Results) -> dict[str, Any]:
    file, _ = export_matbench(results, "lstm:paper")
    return json.loads(gzip.decompress(file.read_bytes()))


def test_the_rows_of_the_official_folds_are_named_as_matbench_names_them() -> None:
    # of matbench_v0.1_validation.json
    first = identifiers("steels", 0, TARGETS)
    assert first[:3] == ["mb-steels-003", "mb-steels-005", "mb-steels-020"]
    of_another = identifiers("mp_e_form", 4, TARGETS)
    assert of_another[:2] == ["mb-mp-e-form-000001", "mb-mp-e-form-000002"]
    assert len(first) == 63


def test_a_submission_has_all_folds_with_scores(results: Results) -> None:
    task = submission(results)["tasks"]["matbench_steels"]
    assert list(task["results"]) == [f"fold_{fold}" for fold in range(5)]
    third = task["results"]["fold_3"]
    assert third["scores"]["mae"] == pytest.approx(3)
    assert third["scores"]["max_error"] == pytest.approx(3)
    assert third["parameters"] == {"width": 64}
    rows = [int(name.rpartition("-")[2]) - 1 for name in third["data"]]
    assert list(third["data"].values()) == pytest.approx((TARGETS[rows] + 3).tolist())


def test_the_command_exports_the_seed_that_it_is_given(results: Results) -> None:
    """A seed with other predictions, into a folder of its own."""
    for row in list(results.ledger):
        task = Task("steels", None, "given", row["fold"], 7, row["system"])
        said = pd.read_csv(results.predictions(replace(task, seed=0)))
        said["prediction"] += 10
        said.to_csv(results.predictions(task), index=False)
        results.add({**row, "key": task.key, "seed": 7})
    asked = ("benchmark", "--show", ".", "--systems", "lstm:paper", "--export", "matbench")
    for seed, error in ((0, 3), (7, 13)):
        done = fusionnas(*asked, "--seed", str(seed), cwd=results.folder)
        assert done.returncode == 0, done.stderr
        file = results.folder / done.stdout.split()[0]
        plain = json.loads(gzip.decompress(file.read_bytes()))
        fold = plain["tasks"]["matbench_steels"]["results"]["fold_3"]
        assert fold["scores"]["mae"] == pytest.approx(error)
    assert file.parent.name == "matbench-lstm-paper-seed-7"


def test_information_names_what_matbench_asks_for(results: Results) -> None:
    _, file = export_matbench(results, "lstm:paper")
    info = json.loads(file.read_text())
    names = {"authors", "algorithm", "algorithm_long", "bibtex_refs", "notes", "requirements"}
    assert set(info) == names
    assert file.parent.name == "matbench-lstm-paper"


def test_matbench_accepts_it_and_notices_a_change(results: Results) -> None:
    bench = pytest.importorskip("matbench.bench")
    plain = submission(results)
    read = bench.MatbenchBenchmark.from_dict(json.loads(json.dumps(plain)))
    assert read.scores["matbench_steels"]["mae"]["mean"] == pytest.approx(2)
    plain["tasks"]["matbench_steels"]["results"]["fold_0"]["scores"]["mae"] = 0.0
    with pytest.raises(ValueError, match="Hash"):
        bench.MatbenchBenchmark.from_dict(plain)


def test_merged_rows_and_missing_folds_are_refused(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matbench_export, "read_matbench", lambda task: (None, TARGETS + 1))
    with pytest.raises(OptionError, match="not those of Matbench"):
        export_matbench(results, "lstm:paper")
    with pytest.raises(OptionError, match="has no result on a task"):
        export_matbench(results, "lstm")
    lost = Task("steels", None, "given", "2", 0, "lstm:paper")
    results.add({"key": lost.key, "suite": "matbench", "table": "steels", "state": "failed"})
    with pytest.raises(OptionError, match="all 5 folds of each task: steels has 4"):
        export_matbench(results, "lstm:paper")
