"""A submission to the Matbench leaderboard: results.json.gz and info.json of one system.

The format is that of matbench 0.6 (github.com/materialsproject/matbench, MIT), whose
`MatbenchBenchmark.from_file` checks it. It has all five folds of each task, a prediction for each
row of the official test parts by its identifier, four scores for each fold, and a hash of
everything.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.suites import MATBENCH
from fusionnas.benchmarking.systems import System, find_system
from fusionnas.data.matbench import FOLDS, TASKS, official_fold, read_matbench
from fusionnas.errors import OptionError
from fusionnas.files.atomic import write_bytes, write_text
from fusionnas.files.whole_folder import make_folder
from fusionnas.models.provenance import versions
from fusionnas.searching.trial_result import TrialState
from fusionnas.statistics.class_metrics import balanced_accuracy, f1, roc_auc
from fusionnas.statistics.metrics import mae, rmse

if TYPE_CHECKING:
    import pandas as pd

VERSION, BENCHMARK = "0.6", "matbench_v0.1"
_STAMP = "%Y.%m.%d %H:%M.%S"
_THRESHOLD = 0.5  # of the probability of class 1
_SMALL = 1e-5  # targets nearer to zero are left out of the percentage error


def export_matbench(results: Results, name: str, seed: int = 0) -> list[Path]:
    """Write FOLDER/matbench-NAME/results.json.gz and info.json; NAME-seed-S of a seed S.

    Args:
        results: results of a benchmark with tables of Matbench.
        name: name of the system.
        seed: seed whose results are used.

    Returns:
        The two files.

    Raises:
        OptionError: no task has all five folds, or its rows are not the test rows of Matbench.
        DataError: the task's own rows, with which they are compared, cannot be read.
    """
    chosen = find_system(name)
    table = results.table()
    mine = table[
        (table["suite"] == MATBENCH)
        & (table["system"] == name)
        & (table["split"] == GIVEN)
        & (table["seed"] == seed)
        & (table["state"] == TrialState.DONE)
        & table["rows"].isna()
    ]
    tasks = {}
    short = []
    for task, rows in mine.groupby("table", sort=False):
        if len(rows) == FOLDS:
            tasks[f"matbench_{task}"] = _task(results, str(task), name, seed, rows)
        else:
            short.append(f"{task} has {len(rows)}")
    if not tasks or short:
        told = "; ".join(short) or f"{name} has no result on a task of Matbench"
        raise OptionError(f"A submission needs all {FOLDS} folds of each task: {told}.")
    of_seed = f"-seed-{seed}" if seed else ""
    folder = results.folder / f"matbench-{name.replace(':', '-')}{of_seed}"
    make_folder(folder)
    files = [folder / "results.json.gz", folder / "info.json"]
    content = json.dumps(_benchmark(tasks, chosen)).encode()
    write_bytes(files[0], gzip.compress(content, mtime=0))
    write_text(files[1], json.dumps(_info(chosen), indent=2) + "\n")
    return files


def identifiers(task: str, fold: int, targets: np.ndarray) -> list[str]:
    """Identifiers of the rows of an official test part, in order; `mb-steels-003` is the third.

    `targets` (N,) are those of all rows; classes stratify the folds.
    """
    digits = len(str(TASKS[task].rows))
    test = _test_rows(task, fold, targets)
    return [f"mb-{task.replace('_', '-')}-{row + 1:0{digits}d}" for row in test.tolist()]


def _test_rows(task: str, fold: int, targets: np.ndarray) -> np.ndarray:
    codes = targets if TASKS[task].classes else None
    return official_fold(TASKS[task].rows, fold, codes)[1]


def _task(results: Results, task: str, name: str, seed: int, rows: pd.DataFrame) -> dict[str, Any]:
    import pandas as pd

    _, targets = read_matbench(task)
    folds = {}
    for row in rows.to_dict("records"):
        fold = int(row["fold"])
        said = pd.read_csv(
            results.predictions(Task(task, None, GIVEN, row["fold"], seed, name)),
            keep_default_na=False,
        )
        prediction = said["prediction"].to_numpy(dtype=float)
        wanted = targets[_test_rows(task, fold, targets)]
        if len(wanted) != len(said) or not np.allclose(wanted, said["target"].to_numpy(float)):
            raise OptionError(
                f"{task}, fold {fold}: the test rows are not those of Matbench (merged "
                "duplicates?). Run the task from matminer's own table, without --tables."
            )
        folds[f"fold_{fold}"] = {
            "data": dict(zip(identifiers(task, fold, targets), prediction.tolist(), strict=True)),
            "parameters": {
                key: row[key]
                for key in ("budget", "width", "cpu_seconds", "wall_seconds")
                if not pd.isna(row[key])
            },
            "scores": (_class_scores if TASKS[task].classes else _scores)(prediction, wanted),
        }
    return {
        "@module": "matbench.task",
        "@class": "MatbenchTask",
        "benchmark_name": BENCHMARK,
        "dataset_name": f"matbench_{task}",
        "results": folds,
    }


def _scores(prediction: np.ndarray, target: np.ndarray) -> dict[str, float]:
    far = np.abs(target) > _SMALL
    share = np.abs((target[far] - prediction[far]) / target[far])
    return {
        "mae": mae(prediction, target),
        "rmse": rmse(prediction, target),
        "mape": float(share.mean()),
        "max_error": float(np.abs(prediction - target).max()),
    }


def _class_scores(probability: np.ndarray, codes: np.ndarray) -> dict[str, float]:
    """Matbench judges the predicted classes alone, and its ROCAUC is that of these labels."""
    said = (probability > _THRESHOLD).astype(float)
    return {
        "accuracy": float((said == codes).mean()),
        "balanced_accuracy": balanced_accuracy(said, codes),
        "f1": f1(said, codes),
        "rocauc": roc_auc(said, codes),
    }


def _benchmark(tasks: Mapping[str, Any], chosen: System) -> dict[str, Any]:
    plain = {
        "@module": "matbench.bench",
        "@class": "MatbenchBenchmark",
        "version": VERSION,
        "tasks": _sorted(tasks),
        "user_metadata": {"algorithm": chosen.name, "how": chosen.how},
        "benchmark_name": BENCHMARK,
        "datestamp": datetime.now(UTC).strftime(_STAMP),
    }
    text = json.dumps(_sorted(plain)).encode()
    return plain | {"hash": hashlib.sha256(text).hexdigest()}


def _sorted(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The same with sorted keys on all levels, for the hash."""
    return {
        key: _sorted(value) if isinstance(value, Mapping) else value
        for key, value in sorted(plain.items())
    }


def _info(chosen: System) -> dict[str, Any]:
    """The facts that Matbench asks for; the user fills in authors and references."""
    return {
        "authors": "",
        "algorithm": f"FusionNAS {chosen.name}",
        "algorithm_long": f"FusionNAS (formulas alone): {chosen.how}.",
        "bibtex_refs": "",
        "notes": "Made by `fusionnas benchmark`; each fold was learned from its training part.",
        "requirements": {"python": [f"{name}=={number}" for name, number in versions().items()]},
    }
