"""Running: every result is kept at once, what is there is not done again, failures are rows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fusionnas.benchmarking import work
from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.held_out import write_held_out
from fusionnas.benchmarking.made import load_made
from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.paired import firsts_and_seconds
from fusionnas.benchmarking.plan import make_plan
from fusionnas.benchmarking.result import COLUMNS, Task
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.run import BenchmarkQueue, Silent, benchmark
from fusionnas.benchmarking.suites import find_suite
from fusionnas.benchmarking.summary import summarise
from fusionnas.benchmarking.systems.system import System
from fusionnas.benchmarking.tables import Table
from fusionnas.errors import OptionError, StudyError
from fusionnas.searching.jobs import Job, Nothing
from fusionnas.statistics.metrics import mae
from tests.made.here import without_ray

TASK = Task("made-mean", None, "given", "folds:5:0", 0, "median")


def setting(folder: Path) -> work.Setting:
    tables = {table.name: table for table in find_suite("small", None).tables}
    return work.Setting(folder, tables, dict.fromkeys(tables, "made"), Budget(epochs=1), "1", 16)


def run_one(task: Task, folder: Path) -> dict[str, Any]:
    (row,) = work.make_work(setting(folder))(Job(task.key, asdict(task)))
    return dict(row)


def test_each_result_has_errors_costs_and_predictions(finished: Results) -> None:
    table = finished.table()
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 2 * 2 * 2
    assert (table["state"] == "done").all()
    assert table["train_rows"].min() == 100
    for name in ("mae", "rmse", "cpu_seconds", "wall_seconds", "peak_memory_mb"):
        assert (table[name] > 0).all(), name
    halves = table[["near_mae", "far_mae"]].mean(axis=1)
    assert halves.to_numpy() == pytest.approx(table["mae"].to_numpy(), rel=0.02)
    assert table["far_mae"].mean() > table["near_mae"].mean()
    assert ((table["mae_low"] < table["mae"]) & (table["mae"] < table["mae_high"])).all()
    assert table["r2"].max() > 0.9
    first = next(iter(finished.ledger))
    names = ("table", "rows", "split", "fold", "seed", "system")
    said = pd.read_csv(finished.predictions(Task(**{name: first[name] for name in names})))
    error = mae(said["prediction"].to_numpy(), said["target"].to_numpy())
    assert error == pytest.approx(first["mae"])
    assert {"python", "torch"} <= set(json.loads(first["versions"]))
    assert pd.read_csv(finished.csv)["mae"].to_numpy() == pytest.approx(table["mae"].to_numpy())
    assert not list((finished.folder / "unfinished").iterdir())


def test_nothing_is_done_again(finished: Results) -> None:
    lines = finished.ledger.path.read_text()
    options = BenchmarkOptions(
        suite="small",
        output=finished.folder,
        systems="extra-trees-median",
        only="made-mean",
        folds=2,
        rows="100,all",
    )
    with pytest.raises(OptionError, match="Continue it with --resume"):
        benchmark(options)
    _, complete = benchmark(replace(options, resume=True))
    assert complete
    assert finished.ledger.path.read_text() == lines
    with pytest.raises(OptionError, match="made with width 64, and not 32"):
        benchmark(replace(options, resume=True, width=32))


def test_a_system_that_fails_is_a_row_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> System:
        def fit(seen: Any) -> Any:
            raise OSError("no such weights\nanywhere")

        return System(name, "", "", fit)

    monkeypatch.setattr(work, "find_system", broken)
    row = run_one(TASK, tmp_path)
    assert (row["state"], row["reason"]) == ("failed", "OSError: no such weights anywhere")
    assert (row["table"], row["unit"]) == ("made-mean", "Pauling")


@pytest.mark.parametrize("found", [np.zeros(3), np.full(120, np.nan)])
def test_predictions_that_are_none_are_a_failure(
    found: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fitted:
        parameters = None

        def predict(self, table: Any) -> np.ndarray:
            return found

    monkeypatch.setattr(
        work, "find_system", lambda name: System(name, "", "", lambda seen: Fitted())
    )
    row = run_one(TASK, tmp_path)
    assert row["state"] == "failed"
    assert "not one finite number" in row["reason"]


def test_a_failed_result_is_tried_again_and_a_lost_worker_once(tmp_path: Path) -> None:
    results = Results(tmp_path / "new")
    results.begin({"suite": "small"}, resume=False)
    queue = BenchmarkQueue([TASK], results, Silent())
    job = queue.next()
    assert isinstance(job, Job)
    assert queue.next() is Nothing.MORE
    queue.lost(job, "the worker process died")
    again = queue.next()
    assert isinstance(again, Job)
    queue.lost(again, "the worker process died")
    (row,) = results.ledger
    assert (row["state"], row["reason"]) == ("failed", "the worker process died, twice")
    assert results.done() == set()
    results.add({"key": TASK.key, **job.payload, "state": "done", "mae": 1.0})
    assert results.done() == {TASK.key}
    assert len(results.table()) == 1


def test_small_tables_and_quick_systems_come_first(tables: Path, tmp_path: Path) -> None:
    options = BenchmarkOptions(
        suite=str(tables), output=tmp_path / "new", systems="lstm,median", rows="50,all,9000"
    )
    plan = make_plan(options, find_suite(options.suite, None))
    first = plan.tasks[:2]
    assert [task.system for task in first] == ["median", "lstm"]
    assert first[0].rows == 50
    assert {task.rows for task in plan.tasks} == {50, None}
    assert any(line.startswith("classes: its target has fewer") for line in plan.left_out)
    assert len({task.key for task in plan.tasks}) == len(plan.tasks)
    only = make_plan(replace(options, only="spread", folds=1), find_suite(options.suite, None))
    assert {task.fold for task in only.tasks} == {"folds:5:0"}
    with pytest.raises(OptionError, match="did you mean 'spread'"):
        make_plan(replace(options, only="spred"), find_suite(options.suite, None))


def test_a_system_that_cannot_run_here_is_said_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fusionnas.benchmarking.systems.system.find_spec", lambda name: None)
    options = BenchmarkOptions(suite="small", output=tmp_path / "new", systems="field,median")
    plan = make_plan(options, find_suite("small", None))
    assert [system.name for system in plan.systems] == ["median"]
    for name, package in (
        ("tabicl", "tabicl"),
        ("tabpfn", "tabpfn"),
        ("autogluon", "autogluon.tabular"),
        ("roost", "aviary"),
    ):
        assert f"{name}: the package {package} is not installed" in plan.left_out
    with pytest.raises(OptionError, match="None of the systems can run here"):
        make_plan(replace(options, systems="tabicl"), find_suite("small", None))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"folds": 0}, "--folds must be at least 1"),
        ({"split": "element"}, "did you mean 'elements'"),
        ({"rows": "many"}, "--rows must be"),
        ({"systems": "lstn"}, "did you mean"),
        ({"budget": "soon"}, "--budget must be"),
    ],
)
def test_options_that_are_not_offered(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=message):
        BenchmarkOptions(suite="small", output=tmp_path, **given)


@pytest.mark.guards
def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    """Killed at some instant, it has whole results, and the next run adds the others."""
    command = [sys.executable, "-m", "fusionnas", "benchmark", "--suite", "small", "--folds", "2"]
    command += ["--systems", "median,extra-trees-median", "--workers", "1", "-o", "new"]
    ledger = Results(tmp_path / "new").ledger
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True) as run:
        until = time.monotonic() + 240
        while len(list(ledger)) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
    before = list(ledger)
    assert 3 <= len(before) < 12
    done = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(ledger.by_key()) == 12
    assert list(ledger)[: len(before)] == before


def test_intervals_are_checked_and_kept(finished: Results) -> None:
    table = finished.table()
    assert table["coverage_90"].between(0.7, 1).all()
    first = next(iter(finished.ledger))
    names = ("table", "rows", "split", "fold", "seed", "system")
    said = pd.read_csv(finished.predictions(Task(**{name: first[name] for name in names})))
    held = (said["lower"] <= said["target"]) & (said["target"] <= said["upper"])
    assert held.mean() == pytest.approx(first["coverage_90"])
    assert (said["upper"] - said["lower"]).mean() == pytest.approx(first["width_90"])


def test_all_folds_of_a_csv_in_one_command(tmp_path: Path) -> None:
    """With a table of errors, and a prediction of each row by what did not learn from it."""
    frame = load_made("made-mean", "random", 0).to_frame()[["formula", "target"]].head(90)
    frame.to_csv(tmp_path / "mine.csv", index=False)
    options = BenchmarkOptions(
        data=tmp_path / "mine.csv",
        output=tmp_path / "out",
        systems="median,extra-trees-median",
        split="folds:3",
        folds=2,
        workers=1,
    )
    with without_ray():
        benchmark(options)
        results, complete = benchmark(replace(options, folds=None, resume=True))
    assert complete
    assert len(results.table()) == 6
    held = pd.read_csv(results.folder / "held_out" / "mine.csv")
    assert sorted(held["formula"]) == sorted(frame["formula"])
    row = results.table().query("system == 'median' and fold == 'folds:3:1'").iloc[0]
    own = held[held["fold"] == "folds:3:1"]
    assert (own["median"] - own["target"]).abs().mean() == pytest.approx(row["mae"])
    assert held["extra-trees-median"].notna().all()
    summary = summarise(results.table())
    assert summary["folds"].tolist() == [3, 3]
    assert summary["sd"].iloc[0] == pytest.approx(
        results.table().query("system == 'median'")["mae"].std()
    )
    with pytest.raises(OptionError, match="are of other folds of mine"):
        benchmark(replace(options, split="folds:4", resume=True))
    with pytest.raises(OptionError, match="made with reading"):
        benchmark(replace(options, reading={"unit": "eV"}, resume=True))


def test_results_of_changed_data_are_not_mixed(tmp_path: Path) -> None:
    """A table that has changed is refused before a job begins, and other tables are added."""
    frame = load_made("made-mean", "random", 0).to_frame()[["formula", "target"]].head(60)
    (tmp_path / "tables").mkdir()
    frame.to_csv(tmp_path / "tables" / "mine.csv", index=False)
    options = BenchmarkOptions(
        suite=str(tmp_path / "tables"),
        output=tmp_path / "out",
        systems="median",
        folds=1,
        workers=1,
    )
    with without_ray():
        results, _ = benchmark(options)
        frame.to_csv(tmp_path / "tables" / "other.csv", index=False)
        benchmark(replace(options, resume=True, seed=1))
    assert set(results.facts["tables"]) == {"mine", "other"}
    frame.assign(target=1000 * frame["target"]).to_csv(tmp_path / "tables/mine.csv", index=False)
    lines, facts = results.ledger.path.read_text(), results.facts
    with pytest.raises(OptionError, match="The table mine is not the one"):
        benchmark(replace(options, systems="extra-trees-median", resume=True))
    assert (results.ledger.path.read_text(), results.facts) == (lines, facts)


def test_the_files_of_all_folds_are_in_a_fingerprint(tables: Path, tmp_path: Path) -> None:
    folder = tmp_path / "phonons"
    shutil.copytree(tables / "matbench" / "phonons", folder)
    table = Table("phonons", "matbench", str(folder))
    before = table.fingerprint()
    assert before == replace(table, source=str(tables / "matbench" / "phonons")).fingerprint()
    (folder / "notes.txt").write_text("not a part of the table")
    assert table.fingerprint() == before
    text = (folder / "test1.csv").read_text()
    (folder / "test1.csv").write_text(text.replace("1", "2", 1))
    assert table.fingerprint() != before
    assert Table("made-mean", "small", "made:made-mean").fingerprint() == "made:made-mean"


@pytest.mark.parametrize("change", [{"formula": "NaCl"}, {"target": 7.0}, None])
def test_predictions_of_different_rows_are_not_put_side_by_side(
    change: dict[str, Any] | None, tmp_path: Path
) -> None:
    results = Results(tmp_path / "made")
    results.begin({}, resume=False)
    said = pd.DataFrame({"formula": ["Fe", "Co"], "target": [1.0, 2.0], "prediction": 1.5})
    other = said.head(1) if change is None else said.assign(**change)
    for name, frame in (("median", said), ("lightgbm", other)):
        for fold in "01":
            task = Task("mine", None, "given", fold, 0, name)
            results.predictions(task).parent.mkdir(exist_ok=True)
            frame.to_csv(results.predictions(task), index=False)
            facts = {"suite": "own", "unit": "eV", "state": "done", "mae": 0.5, "train_rows": 8}
            results.add({"key": task.key, **asdict(task), **facts})
    with pytest.raises(StudyError, match="have other test rows"):
        write_held_out(results)
    with pytest.raises(StudyError, match="have other test rows"):
        firsts_and_seconds(results, summarise(results.table()))
