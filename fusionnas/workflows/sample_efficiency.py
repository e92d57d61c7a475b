"""Trains the best architecture on shares of the rows, to see how much more data improve it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset, TargetColumn
from fusionnas.data.duplicates import MERGES
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.noise_floor import NoiseFloor
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.stored_rows import stored_table
from fusionnas.errors import StudyError
from fusionnas.networks.architecture import Architecture
from fusionnas.searching.objectives import error_of
from fusionnas.searching.result_file import read_result
from fusionnas.seeding import sub_seed
from fusionnas.studies.folder import SAMPLE_EFFICIENCY, StudyFolder
from fusionnas.tasks.columns import values_of
from fusionnas.tasks.kinds import task_of
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.recipe import Recipe
from fusionnas.training.trainer import Trainer

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)  # shares of the training part
FEWEST = 10  # smallest number of rows in a share

OnStep = Callable[[str, int, int], None]  # the step, steps done, all steps


@dataclass(frozen=True, slots=True)
class Run:
    """One training on a share of the rows; of several targets `val_error` is the relative MAE."""

    share: float
    rows: int
    val_error: float  # validation error of the task, in the unit of the target


def measure_sample_efficiency(folder: StudyFolder, on_step: OnStep | None = None) -> list[Run]:
    """Train the recommended architecture on shares of the training part; stored in the study.

    Each training may take as many steps as that of the whole part and has the study's own seeds.
    Smaller shares are parts of larger ones. The training on the whole part is that of the search
    itself, unless the search trained on folds, whose error is that of other rows. What was measured
    before is not trained again.

    Raises:
        StudyError: the study is not finished, has no stored data, or has too few rows.
        TrainingFailed: a loss became infinite or not a number.
    """
    number = int(folder.summary()["chosen"]["number"])
    result = read_result(folder.trial(number))
    if result is None:
        raise StudyError(f"The study '{folder.name}' has no stored result of its trial {number}.")
    facts, key = folder.facts, folder.task.error.key("val")
    dataset = stored_dataset(folder)
    train = dataset.parts.train
    order = np.random.default_rng(sub_seed(facts["seed"], "shares")).permutation(train)
    smallest = dataset.values_in(order[: round(SHARES[0] * len(train))])
    if smallest < FEWEST:
        each = " with a value of each target" * bool(dataset.several)
        raise StudyError(
            f"An eighth of the training part must have at least {FEWEST} {folder.counted}{each}, "
            f"but that of '{folder.name}' has {smallest} of {len(train)}."
        )
    kept = {
        row["share"]: Run(row["share"], row["rows"], row[key])
        for row in folder.sample_efficiency(number)
    }
    if not folder.folds:
        kept[1.0] = Run(1.0, len(train), error_of(result))
    for share in SHARES:
        if share in kept:
            continue
        rows = _share(order, round(share * len(train)), dataset)
        part = replace(dataset, parts=replace(dataset.parts, train=rows))
        # errors in the same unit: that of the medians of the whole training part
        data = TrainingData.of(part, pick_device(), task=task_of(dataset))
        val_error = _train(data, result, Recipe(**facts["recipe"]), share, on_step, dataset.unit)
        kept[share] = Run(share, len(rows), val_error)
        runs = [
            {"share": r.share, "rows": r.rows, key: r.val_error} for _, r in sorted(kept.items())
        ]
        folder.write_json(SAMPLE_EFFICIENCY, {"trial": number, "runs": runs})
    return [kept[share] for share in SHARES]


def _share(order: np.ndarray, count: int, dataset: Dataset) -> np.ndarray:
    """The first rows of an order, and of classes the first row of each, so that none is missing."""
    rows = order[:count]
    if dataset.classes:
        _, first = np.unique(dataset.targets[order], return_index=True)
        rows = np.union1d(rows, order[first])
    return np.sort(rows)


def _train(
    data: TrainingData,
    result: Mapping[str, Any],
    recipe: Recipe,
    share: float,
    on_step: OnStep | None,
    unit: str,
) -> float:
    """The validation error after a training like the study's own, with the same number of steps."""
    architecture = Architecture.from_dict(result["architecture"])
    recipe = replace(recipe, epochs=math.ceil(recipe.epochs / share))
    vectors = element_vectors(architecture.element_vectors)
    seed = int(result["seed"])
    network = fresh_network(architecture, vectors, seed)
    trainer = Trainer(network, data, recipe, training_seed(seed))
    label = data.task.error.label
    for record in trainer:
        if on_step is not None:
            rows = data.train.size
            words = f"epochs on {rows:,} rows, validation {label} {record.val_error:.4g}"
            on_step(f"{words} {unit}".rstrip(), record.epoch, recipe.epochs)
    return trainer.finish().val_error


def stored_dataset(folder: StudyFolder) -> Dataset:
    """The data set that a study has stored; raises StudyError if it stored none."""
    frame, facts, conditions = folder.data(), folder.facts["data"], folder.conditions
    weights = None
    if "weights" in facts:
        weights = RowWeights(facts["weights"]["column"], frame["weight"].to_numpy(float))
    return Dataset(
        name=facts["name"],
        target=facts["target"],
        unit=facts["unit"],
        source=facts["source"],
        licence=facts["licence"],
        table=stored_table(frame, conditions, "data.csv.gz"),
        targets=values_of(frame, "target"),
        parts=folder.parts(),
        noise=_noise(facts),
        classes=tuple(facts.get("classes", ())),
        conditions=conditions,
        weights=weights,
        several=tuple(
            TargetColumn(one["target"], one["unit"], _noise(one["data"]))
            for one in facts.get("targets", ())
        ),
    )


def _noise(facts: Mapping[str, Any]) -> NoiseFloor:
    noise = facts["noise_floor"]
    how = noise.get("how", MERGES[0])
    return NoiseFloor(noise["rows"], noise["merged"], 0, noise["deviation"], how=how)
