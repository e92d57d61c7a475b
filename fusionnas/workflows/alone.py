"""Each of several targets trained alone, to tell which gain by being trained together.

    OUT-alone/1-NAME/    a bundle of the first target, with the same architecture, recipe and seed

The comparison is paired, compound by compound, on the test rows that have the target.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.models.bundle import MANIFEST, read_manifest
from fusionnas.models.predictor import Predictor
from fusionnas.networks.line import line
from fusionnas.statistics.bootstrap import bootstrap_means, difference
from fusionnas.training.plan import Plan

GAINED, LOST, WITHIN_CHANCE = "gained", "lost", "within chance"
MakePlan = Callable[[Dataset], Plan]
Train = Callable[[Dataset, Path], Any]  # trains a data set of one target and writes a bundle


def folders_of(out: Path, dataset: Dataset) -> list[Path]:
    """Where the network of each target is written."""
    names = (re.sub(r"[^\w.-]", "_", name) for name in dataset.target_names)
    folder = out.with_name(f"{out.name}-alone")
    return [folder / f"{number}-{name}" for number, name in enumerate(names, start=1)]


def train_alone(
    dataset: Dataset, folders: Sequence[Path], plan: MakePlan, train: Train
) -> list[Predictor]:
    """Train each target alone, except those that are finished already, and load all."""
    for place, folder in enumerate(folders):
        own = dataset.of_target(place)
        if not _is_finished(folder, plan(own)):
            train(own, folder)
    return [Predictor.load(folder) for folder in folders]


def _is_finished(folder: Path, plan: Plan) -> bool:
    """Whether a folder holds the network of a plan."""
    if not (folder / MANIFEST).is_file():
        return False
    manifest = read_manifest(folder)
    found = (manifest["data"]["fingerprint"], manifest["line"], manifest["origin"]["seed"])
    wanted = (plan.dataset.fingerprint, line(plan.architecture), plan.seed)
    origin = manifest["origin"]
    begun = origin.get("rates", {}), origin.get("init_from")
    asked = dict(plan.rates), None if plan.start is None else dict(plan.start.facts)
    return found == wanted and begun == asked and manifest["recipe"] == plan.recipe.to_dict()


def against_alone(together: Predictor, alone: Predictor, dataset: Dataset) -> dict[str, Any]:
    """Whether a target gained by being trained together, as facts and in words.

    Args:
        together: the model of this target from the network of all.
        alone: the network that was trained on it alone.
        dataset: its data, with the test part that judges both.
    """
    test = dataset.parts.test
    table, target = dataset.table.take(test), dataset.targets[test]
    errors = np.stack([np.abs(one.mixture(table).value - target) for one in (together, alone)])
    found = difference(errors, bootstrap_means(errors, seed=0, groups=dataset.test_groups), 0, 1)
    low, high = found.interval.low, found.interval.high
    answer = GAINED if high < 0 else LOST if low > 0 else WITHIN_CHANCE
    return {
        "answer": answer,
        "test_mae": float(errors[1].mean()),
        "difference": found.value,
        "difference_interval": [low, high],
        "words": _words(dataset, answer, found.value, low, high),
    }


def _words(dataset: Dataset, answer: str, value: float, low: float, high: float) -> str:
    if answer == WITHIN_CHANCE:
        return f"{dataset.target}: trained together and alone, it is predicted equally well."
    unit = f" {dataset.unit}" if dataset.unit else ""
    ends = sorted((abs(low), abs(high)))
    by = f"{abs(value):.3g}{unit} (95% interval {ends[0]:.3g} to {ends[1]:.3g})"
    if answer == GAINED:
        return f"{dataset.target}: it gained by being trained together: the test MAE fell by {by}."
    return (
        f"{dataset.target}: it lost by being trained together: the test MAE rose by {by}; use the "
        "network that was trained alone."
    )
