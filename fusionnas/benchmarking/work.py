"""The work of a job: learn from the training part of a fold, and predict its test part."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.meter import Meter
from fusionnas.benchmarking.result import (
    Task,
    cost_of,
    errors_by_distance,
    errors_of,
    intervals_of,
    machine,
    version_text,
    write_predictions,
)
from fusionnas.benchmarking.systems import System, WithIntervals, find_system
from fusionnas.benchmarking.tables import Table, capped
from fusionnas.data.dataset import Dataset
from fusionnas.data.table import encode_formulas
from fusionnas.errors import RunError
from fusionnas.models.baselines.features import composition_features
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.trial_result import TrialState
from fusionnas.statistics.calibration import CHECKED_LEVEL
from fusionnas.tasks.kinds import task_of

PREDICTIONS, SCRATCH = "predictions", "unfinished"


@dataclass(frozen=True, slots=True)
class Setting:
    """Settings that all jobs share."""

    folder: Path  # of the benchmark
    tables: Mapping[str, Table]
    standings: Mapping[str, str]  # origin of the rows of each table
    budget: Budget
    budget_text: str | None
    width: int | None


def make_work(setting: Setting) -> Work:
    """Make the function from a job to its result; it keeps the last data set for the next job."""
    # modules that every process loads once must not count as the cost of its first job
    composition_features(encode_formulas(["NaCl"]))
    held: dict[tuple[Any, ...], Dataset] = {}

    def load(task: Task) -> Dataset:
        place = (task.table, task.rows, task.fold, task.seed)
        if place not in held:
            held.clear()
            whole = setting.tables[task.table].load(task.fold, task.seed)
            held[place] = capped(whole, task.rows, task.seed)
        return held[place]

    def work(job: Job) -> Iterator[Result]:
        task = Task(**job.payload)
        row: dict[str, Any] = _facts(task, setting)
        try:
            row |= measure(task, load(task), setting) | {"state": TrialState.DONE}
        except Exception as e:  # every error of a system is its result
            why = f"{type(e).__name__}: {' '.join(str(e).split())[:500]}"
            row |= {"state": TrialState.FAILED, "reason": why}
        row["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
        yield row

    return work


def measure(task: Task, dataset: Dataset, setting: Setting) -> dict[str, Any]:
    """Measure errors and costs, and write the predictions of the test part to a file.

    Raises:
        RunError: the system does not predict one number for each compound, or one for each class.
    """
    chosen = find_system(task.system)
    scratch = setting.folder / SCRATCH / task.folder
    scratch.mkdir(parents=True, exist_ok=True)
    material = Material.of(dataset, task.seed, setting.budget, setting.width, scratch)
    with Meter() as fitting:
        fitted = chosen.fit(material)
    test = dataset.table.take(dataset.parts.test)
    with Meter() as predicting:
        prediction = np.asarray(fitted.predict(test), dtype=np.float64)
    expected = task_of(dataset).as_values(dataset.targets[dataset.parts.test]).shape
    if prediction.shape != expected or not np.isfinite(prediction).all():
        raise RunError("its predictions are not one finite number for each test compound")
    interval = fitted.interval(test, CHECKED_LEVEL) if isinstance(fitted, WithIntervals) else None
    parts = dataset.parts
    target = dataset.targets[parts.test]
    result = {
        **errors_of(dataset, prediction),
        **intervals_of(interval, target),
        **errors_by_distance(dataset, prediction),
        **cost_of(fitting, predicting, fitted.parameters),
        "train_rows": len(parts.train),
        "val_rows": len(parts.val),
        "test_rows": len(parts.test),
        "versions": version_text(_package(chosen)),
        "machine": machine(),
    }
    place = setting.folder / PREDICTIONS / f"{task.folder}.csv"
    write_predictions(place, dataset, prediction, interval)
    shutil.rmtree(scratch, ignore_errors=True)
    return result


def _package(chosen: System) -> dict[str, str]:
    """The version of a third party's package."""
    if chosen.package is None:
        return {}
    named = packages_distributions().get(chosen.package, [chosen.package])
    return {name: version(name) for name in named}


def _facts(task: Task, setting: Setting) -> dict[str, Any]:
    table = setting.tables[task.table]
    return {
        "key": task.key,
        **asdict(task),
        "suite": table.suite,
        "unit": table.unit,
        "standing": setting.standings[task.table],
        "budget": setting.budget_text,
        "width": setting.width,
    }
