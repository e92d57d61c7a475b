"""One result: a system on a fold of a table, with its errors and its cost."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from fusionnas.benchmarking.meter import Meter
from fusionnas.data.dataset import Dataset
from fusionnas.data.nearest import NearestComposition
from fusionnas.data.stored_rows import condition_columns
from fusionnas.files.atomic import write_csv
from fusionnas.models.provenance import versions
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.calibration import inside, mean_width
from fusionnas.statistics.class_metrics import most_probable
from fusionnas.statistics.metrics import r2
from fusionnas.tasks.columns import columns_of
from fusionnas.tasks.kinds import task_of
from fusionnas.tasks.several_classes import indicators, several_classes

# columns of results.csv, in this order; errors are in the unit of the table, and classes have
# other scores than numbers
CLASS_SCORES = (
    "log_loss",
    "log_loss_low",
    "log_loss_high",
    "roc_auc",
    "roc_auc_labels",
    "pr_auc",
    "balanced_accuracy",
    "f1",
    "mcc",
    "near_log_loss",
    "far_log_loss",
)
COLUMNS = (
    "suite",
    "table",
    "rows",
    "split",
    "fold",
    "seed",
    "system",
    "state",
    "mae",
    "mae_low",
    "mae_high",
    "rmse",
    "r2",
    "near_mae",
    "far_mae",
    *CLASS_SCORES,
    "weighted_error",
    "coverage_90",
    "width_90",
    "unit",
    "train_rows",
    "val_rows",
    "test_rows",
    "cpu_seconds",
    "wall_seconds",
    "predict_seconds",
    "parameters",
    "peak_memory_mb",
    "standing",
    "budget",
    "width",
    "reason",
    "finished",
    "machine",
    "versions",
)


@dataclass(frozen=True, slots=True)
class Task:
    """A system on a fold of a table: the content of one job."""

    table: str
    rows: int | None  # maximum number of training rows; None is all
    split: str  # how the table is divided: `fusionnas.benchmarking.divisions.SPLITS`
    fold: str
    seed: int
    system: str

    @property
    def key(self) -> str:
        rows = "all" if self.rows is None else str(self.rows)
        return "/".join((self.table, rows, self.split, self.fold, f"s{self.seed}", self.system))

    @property
    def folder(self) -> str:
        """A name for its files, without characters that a file system may refuse."""
        return self.key.replace(":", "+").replace("/", "__")

    @property
    def words(self) -> str:
        """A phrase for people."""
        return f"{self.system} on {self.table}, {self.fold}"


def errors_of(dataset: Dataset, prediction: np.ndarray) -> dict[str, float]:
    """The task's error with its 95% bootstrap interval over the test rows, and other scores.

    Beside the MAE of numbers these are RMSE and R2; beside the log loss of classes those of the
    task, and `roc_auc_labels`, the ROCAUC of the predicted classes themselves. Where rows have
    weights, `weighted_error` is the weighted error.

    Args:
        dataset: the divided table.
        prediction: predictions of its test part.
    """
    task, target = task_of(dataset), dataset.targets[dataset.parts.test]
    name = task.error.name
    errors = task.row_errors(prediction, target)
    low, high = mean_intervals(errors[None], groups=dataset.test_groups)[0].tolist()
    scores = {metric.name: metric.measure(prediction, target) for metric in task.beside}
    if dataset.classes:
        count = len(dataset.classes)
        said = indicators(most_probable(prediction), count)
        ranked = several_classes(count).scores("of", said, target)
        scores["roc_auc_labels"] = ranked["of_roc_auc"]
    else:
        scores["r2"] = r2(prediction, target)
    weights = dataset.weights_of(dataset.parts.test)
    if weights is not None:
        scores["weighted_error"] = float(np.average(errors, weights=weights))
    found = {name: task.error.measure(prediction, target)}
    return found | {f"{name}_low": low, f"{name}_high": high} | scores


def errors_by_distance(dataset: Dataset, prediction: np.ndarray) -> dict[str, float]:
    """The error of the half of the test compounds that is nearer to training, and of the other.

    Args:
        dataset: the divided table.
        prediction: predictions of its test part.
    """
    parts = dataset.parts
    known = NearestComposition(dataset.table.take(np.concatenate([parts.train, parts.val])))
    distances = known.find(dataset.table.take(parts.test)).distances
    order = np.argsort(distances, kind="stable")
    task, middle = task_of(dataset), len(order) // 2
    error = task.row_errors(prediction, dataset.targets[parts.test])[order]
    halves = {"near": error[:middle], "far": error[middle:]}
    return {f"{name}_{task.error.name}": float(half.mean()) for name, half in halves.items()}


def intervals_of(
    interval: tuple[np.ndarray, np.ndarray] | None, target: np.ndarray
) -> dict[str, float]:
    """Share of targets (N,) inside 90% intervals, and their mean width; empty without intervals."""
    if interval is None or not np.isfinite(interval).all():
        return {}
    return {"coverage_90": inside(interval, target), "width_90": mean_width(interval)}


def cost_of(fitting: Meter, predicting: Meter, parameters: int | None) -> dict[str, Any]:
    """Seconds and memory of the fit; seconds for predicting the test part."""
    return {
        "cpu_seconds": fitting.cpu_seconds,
        "wall_seconds": fitting.wall_seconds,
        "predict_seconds": predicting.wall_seconds,
        "parameters": parameters,
        "peak_memory_mb": fitting.peak_memory,
    }


def write_predictions(
    path: Path,
    dataset: Dataset,
    prediction: np.ndarray,
    interval: tuple[np.ndarray, np.ndarray] | None = None,
) -> None:
    """`formula`, `target` and `prediction` of each test row, in the order of the test part.

    Of more than two classes, each has its own column (`fusionnas.tasks.columns`). Conditions stand
    before the formula, and the 90% interval is in `lower` and `upper`.
    """
    import pandas as pd

    path.parent.mkdir(parents=True, exist_ok=True)
    test = dataset.parts.test
    table = dataset.table.take(test)
    columns = {
        **condition_columns(table, dataset.conditions),
        "formula": table.formulas(),
        "target": dataset.targets[test],
        **columns_of("prediction", prediction, dataset.classes),
    }
    if interval is not None:
        columns |= {"lower": interval[0], "upper": interval[1]}
    write_csv(path, pd.DataFrame(columns))


@cache
def machine() -> str:
    """The processor, its cores, memory, and the GPU if there is one."""
    import torch

    memory = psutil.virtual_memory().total / 2**30
    words = f"{_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GiB"
    if torch.cuda.is_available():
        words += f", {torch.cuda.get_device_name()}"
    return words


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def version_text(more: Mapping[str, str]) -> str:
    """Versions of this package and of other software that results depend on, as JSON."""
    return json.dumps(versions() | dict(more), sort_keys=True)
