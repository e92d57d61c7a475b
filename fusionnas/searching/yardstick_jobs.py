"""Yardsticks as jobs of a search: one job for each, run beside the trials.

Each yardstick is fitted to the training part, or without each fold in turn; this gives its
validation error. Then it is fitted once more to the training and validation parts with the settings
that validation chose; this gives its predictions for the test part. No error is computed from the
test predictions before the end of the search. Of several targets, each has a fit of its own, to the
rows that have it; the yardstick predicts all of them for all rows.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.classes import CLASSIFICATION
from fusionnas.data.splits import Parts
from fusionnas.data.table import CompositionTable
from fusionnas.errors import FusionNASError
from fusionnas.files.atomic import whole_file
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.yardsticks import (
    ALL_YARDSTICKS,
    CLASS_YARDSTICKS,
    CONSTANTS,
    YARDSTICKS,
    Yardstick,
    yardstick,
)
from fusionnas.searching.jobs import Job, Kind, Result
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.searching.trial_result import TrialState
from fusionnas.tasks.kinds import task_of

if TYPE_CHECKING:
    from fusionnas.models.baselines.fitted import FittedYardstick

FOLDER = Kind.YARDSTICK
# `held_out` (2, N): values and spreads for the rows that the first fits were not fitted to, one
# split after the other; `test` (N_test,): predictions of the second fit, which is kept as MODEL.
# Several targets or classes have a further axis
PREDICTIONS, MODEL = "predictions.npz", "model"
# of all yardsticks together for each row of a fit, in core-seconds on a core of 2.5 GHz
SECONDS_OF_A_ROW = 4e-3


def due(folder: Path, kind: str) -> list[Job]:
    """The jobs of a study folder without a complete result, or whose result is a failure.

    `kind` is the kind of the target.
    """
    jobs = []
    for row in _of_kind(kind):
        key = f"{FOLDER}/{row.name}"
        if (read_result(folder / key) or {}).get("state") != TrialState.DONE:
            jobs.append(Job(key, {}))
    return jobs


def fitted_of(kind: str) -> list[str]:
    """The names of the yardsticks of a kind of target that learn from compounds."""
    return [row.name for row in _of_kind(kind) if row.name not in CONSTANTS]


def _of_kind(kind: str) -> Sequence[Yardstick]:
    return CLASS_YARDSTICKS if kind == CLASSIFICATION else YARDSTICKS


def expected_seconds(rows: int, folds: int, targets: int = 1) -> float:
    """Core-seconds of all yardsticks, within a factor of about two.

    Args:
        rows: compositions for training and validation.
        folds: folds of the final training; 0 is none.
        targets: number of targets.
    """
    # one fit for each split of the final training, and one to all rows
    return (1 + max(1, folds)) * rows * targets * SECONDS_OF_A_ROW


def run_yardstick(
    name: str, dataset: Dataset, splits: Sequence[Parts], seed: int, folder: Path
) -> Result:
    """Fit a yardstick and write model, predictions and result into its folder.

    Args:
        name: name of the yardstick.
        dataset: data set of the study.
        splits: the splits on which the networks of a final training are trained, too.
        seed: master seed.
        folder: folder of the job.

    Raises:
        OSError: the folder cannot be written.
    """
    from fusionnas.models.baselines.of_targets import joined  # imports scikit-learn

    begun = time.perf_counter()
    test = dataset.table.take(dataset.parts.test)
    result: dict[str, Any]
    try:
        given = [replace(dataset, parts=parts) for parts in splits]
        tables = [dataset.table.take(parts.val) for parts in splits]
        if dataset.several:
            each = [
                _fit(name, [one.of_target(k) for one in given], dataset.of_target(k), tables, seed)
                for k in range(len(dataset.several))
            ]
            held_out = np.stack([found for _, found in each], axis=-1)
            tested = np.stack([one.predict(test) for one, _ in each], axis=-1)
        else:
            each = [_fit(name, given, dataset, tables, seed)]
            held_out, tested = each[0][1], each[0][0].predict(test)
    except FusionNASError as e:
        result = {"state": TrialState.FAILED, "reason": str(e)}
    else:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / MODEL, ignore_errors=True)
        joined([one for one, _ in each]).save(folder / MODEL)
        target = dataset.targets[np.concatenate([parts.val for parts in splits])]
        with whole_file(folder / PREDICTIONS) as file:
            np.savez(file, held_out=held_out, test=tested)
        task = task_of(dataset)
        scores = {task.error.key("val"): task.error.measure(held_out[0], target)}
        if dataset.several:
            scores = task.scores("val", held_out[0], target)
        result = {"state": TrialState.DONE, **scores}
    result["seconds"] = time.perf_counter() - begun
    write_result(folder, result)
    return result


def _fit(
    name: str,
    splits: Sequence[Dataset],
    whole: Dataset,
    tables: Sequence[CompositionTable],
    seed: int,
) -> tuple[FittedYardstick, np.ndarray]:
    """A yardstick of one target, fitted to training and validation rows, and what the fits to the
    splits say about the rows of `tables`, (2, N): those that they were not fitted to."""
    from fusionnas.models.baselines.fitted import FittedYardstick

    row = yardstick(name)
    fitted = [FittedYardstick.fit(row, one, seed) for one in splits]
    said = [_said(one, table) for one, table in zip(fitted, tables, strict=True)]
    final = sorted(fitted, key=_trees)[len(fitted) // 2].refit(whole)
    return final, np.concatenate(said, axis=1)


def _said(one: FittedYardstick, table: CompositionTable) -> np.ndarray:
    """Predicted values and spreads, (2, N)."""
    features = composition_features(table)
    return np.stack([one.model.predict(features), one.model.spread(features)])


def _trees(one: FittedYardstick) -> int:
    """The number of trees that validation chose, if there are trees."""
    return int(one.estimator.settled().get_params().get("trees", 0))


def held_out(study: Path) -> dict[str, np.ndarray]:
    """Values and spreads (2, N) for held-out rows, by name of the yardstick."""
    found = {}
    for row in ALL_YARDSTICKS:
        place = study / FOLDER / row.name
        if (place / MODEL).is_dir() and (read_result(place) or {}).get("state") == TrialState.DONE:
            with np.load(place / PREDICTIONS) as arrays:
                found[row.name] = arrays["held_out"]
    return found
