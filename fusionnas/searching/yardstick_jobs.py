"""Yardsticks as jobs of a search: one each, beside the trials.

Each is fitted to the training part, which gives its validation error, and then once more to the
training and the validation part with what validation chose, which gives its predictions for the
test part. Nobody computes an error of these before the end of the search.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.errors import FusionNASError
from fusionnas.models.baselines.yardsticks import YARDSTICKS, label_of, yardstick
from fusionnas.searching.jobs import Job, Result
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.statistics.metrics import mae

FOLDER = "yardsticks"
PREDICTIONS = "predictions.npz"  # `val` (N_val,) of the first fit, `test` (N_test,) of the second


def due(folder: Path) -> list[Job]:
    """Those of a study folder that have no complete result, or one that tells of a failure."""
    jobs = []
    for row in YARDSTICKS:
        key = f"{FOLDER}/{row.name}"
        if (read_result(folder / key) or {}).get("state") != "done":
            jobs.append(Job(key, {}))
    return jobs


def is_yardstick(key: str) -> bool:
    """Whether a job of that key is one of these."""
    return key.startswith(f"{FOLDER}/")


def label(key: str) -> str:
    """What people read of a job."""
    return label_of(key.removeprefix(f"{FOLDER}/"))


def run_yardstick(key: str, dataset: Dataset, seed: int, folder: Path) -> Result:
    """Fit a yardstick twice and put predictions and result into its folder.

    Raises:
        OSError: the folder cannot be written.
    """
    from fusionnas.models.baselines.fitted import FittedYardstick  # with scikit-learn

    begun = time.perf_counter()
    parts, table = dataset.parts, dataset.table
    result: dict[str, Any]
    try:
        first = FittedYardstick.fit(yardstick(key.removeprefix(f"{FOLDER}/")), dataset, seed)
        val = first.predict(table.take(parts.val))
        test = first.refit(dataset).predict(table.take(parts.test))
    except FusionNASError as e:
        result = {"state": "failed", "reason": str(e)}
    else:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / PREDICTIONS, val=val, test=test)
        result = {"state": "done", "val_mae": mae(val, dataset.targets[parts.val])}
    result["seconds"] = time.perf_counter() - begun
    write_result(folder, result)
    return result
