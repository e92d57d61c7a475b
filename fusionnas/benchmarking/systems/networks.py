"""Named architectures, each trained once: `l-g-dcnn` with the default recipe, `l-g-dcnn:paper`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import Interval, System
from fusionnas.data.reading.classes import KINDS
from fusionnas.data.table import CompositionTable
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.networks.named import architecture_names
from fusionnas.statistics.calibration import FEWEST, Calibration
from fusionnas.training.recipe import RECIPES
from fusionnas.workflows.train import train_in_memory

GROUP = "networks"
# members of the group; every other named architecture is also a system
IN_GROUP = ("lstm", "crabnet", "l-g-dcnn")
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class _Fitted:
    predictor: Predictor
    parameters: int | None

    def predict(self, table: CompositionTable) -> np.ndarray:
        return self.predictor.mixture(table).value

    def interval(self, table: CompositionTable, level: float) -> Interval | None:
        """Corrected on the validation rows, if there are enough."""
        if self.predictor.classes:
            return None
        return self.predictor.interval(self.predictor.mixture(table), level)


def _fit(architecture: str, recipe: str, material: Material) -> _Fitted:
    """Train on the training part; validation chooses the epoch."""
    trained = train_in_memory(
        architecture,
        material.dataset,
        width=material.width,
        epochs=material.budget.epochs,
        recipe=recipe,
        seed=material.seed,
    )
    dataset = material.dataset
    facts: dict[str, Any] = {"unit": dataset.unit, "lower_bound": dataset.lower_bound}
    facts |= {"task": dataset.task, "classes": dataset.classes}
    if dataset.conditions is not None:
        facts["conditions"] = dataset.conditions.to_plain()
    bundle = Bundle(trained.network, trained.data.scaler, facts)
    predictor = Predictor(bundle, device=trained.data.device)
    val = dataset.parts.val
    if len(val) >= FEWEST and not dataset.classes:
        found = predictor.mixture(dataset.table.take(val))
        bundle = replace(bundle, calibration=Calibration.of(found, dataset.targets[val]))
        predictor = Predictor(bundle, device=trained.data.device)
    return _Fitted(predictor, trained.network.parameter_count)


def _system(architecture: str, recipe: str) -> System:
    name = architecture if recipe == DEFAULT else f"{architecture}:{recipe}"
    group = GROUP if name in IN_GROUP else ""
    how = f"the architecture {architecture}, trained once by the {recipe} recipe"
    return System(name, group, how, partial(_fit, architecture, recipe), kinds=KINDS)


SYSTEMS = tuple(
    _system(architecture, recipe) for recipe in RECIPES for architecture in architecture_names()
)
