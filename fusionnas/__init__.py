"""FusionNAS: architecture search for networks that predict materials properties from formulas.

import fusionnas

result = fusionnas.search(space="default", trials=24)
result.predictor.predict(["SrTiO3", "Na3PO4"])
result.view("front").save("pictures")
fusionnas.open_study("my-study").view("parity").table
fusionnas.load("my-model").predict(["SrTiO3"])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fusionnas.openmp import spin_briefly

if TYPE_CHECKING:
    from fusionnas.data.sources import load_dataset
    from fusionnas.estimators import FusionRegressor, FusionSearchCV
    from fusionnas.insight.comparison import (
        Comparison,
        SearchWorth,
        TargetComparisons,
        compare,
        compare_targets,
        search_worth,
    )
    from fusionnas.insight.explanation import explain
    from fusionnas.insight.suggestion.suggest import suggest
    from fusionnas.insight.sweeps import ConditionSweep, Sweep, sweep, sweep_condition
    from fusionnas.models.predictor import Predictor
    from fusionnas.networks.named import load_architecture
    from fusionnas.search_space.space_file import load_space
    from fusionnas.studies.named_network import load_predictor as load
    from fusionnas.workflows.export import export, export_predictor
    from fusionnas.workflows.inspection import inspect
    from fusionnas.workflows.observe import observe
    from fusionnas.workflows.rescore import rescore
    from fusionnas.workflows.search import search
    from fusionnas.workflows.study_result import StudyResult, open_study
    from fusionnas.workflows.train import train

__version__ = "0.2.0"

spin_briefly()  # before anything imports torch

# imported at first use: torch, Optuna and Ray take seconds
_WHERE = {
    "Comparison": ("fusionnas.insight.comparison", "Comparison"),
    "ConditionSweep": ("fusionnas.insight.sweeps", "ConditionSweep"),
    "FusionClassifier": ("fusionnas.estimators", "FusionClassifier"),
    "FusionRegressor": ("fusionnas.estimators", "FusionRegressor"),
    "FusionSearchCV": ("fusionnas.estimators", "FusionSearchCV"),
    "Predictor": ("fusionnas.models.predictor", "Predictor"),
    "SearchWorth": ("fusionnas.insight.comparison", "SearchWorth"),
    "StudyResult": ("fusionnas.workflows.study_result", "StudyResult"),
    "Sweep": ("fusionnas.insight.sweeps", "Sweep"),
    "TargetComparisons": ("fusionnas.insight.comparison", "TargetComparisons"),
    "compare": ("fusionnas.insight.comparison", "compare"),
    "compare_targets": ("fusionnas.insight.comparison", "compare_targets"),
    "explain": ("fusionnas.insight.explanation", "explain"),
    "export": ("fusionnas.workflows.export", "export"),
    "export_predictor": ("fusionnas.workflows.export", "export_predictor"),
    "inspect": ("fusionnas.workflows.inspection", "inspect"),
    "load": ("fusionnas.studies.named_network", "load_predictor"),
    "load_architecture": ("fusionnas.networks.named", "load_architecture"),
    "load_dataset": ("fusionnas.data.sources", "load_dataset"),
    "load_space": ("fusionnas.search_space.space_file", "load_space"),
    "observe": ("fusionnas.workflows.observe", "observe"),
    "open_study": ("fusionnas.workflows.study_result", "open_study"),
    "rescore": ("fusionnas.workflows.rescore", "rescore"),
    "search": ("fusionnas.workflows.search", "search"),
    "search_worth": ("fusionnas.insight.comparison", "search_worth"),
    "suggest": ("fusionnas.insight.suggestion.suggest", "suggest"),
    "sweep": ("fusionnas.insight.sweeps", "sweep"),
    "sweep_condition": ("fusionnas.insight.sweeps", "sweep_condition"),
    "train": ("fusionnas.workflows.train", "train"),
}

__all__ = [
    "Comparison",
    "ConditionSweep",
    "FusionClassifier",
    "FusionRegressor",
    "FusionSearchCV",
    "Predictor",
    "SearchWorth",
    "StudyResult",
    "Sweep",
    "TargetComparisons",
    "compare",
    "compare_targets",
    "explain",
    "export",
    "export_predictor",
    "inspect",
    "load",
    "load_architecture",
    "load_dataset",
    "load_space",
    "observe",
    "open_study",
    "rescore",
    "search",
    "search_worth",
    "suggest",
    "sweep",
    "sweep_condition",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'fusionnas' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    """What is public, with the version; modules and helpers are not listed."""
    return sorted([*__all__, "__version__"])
