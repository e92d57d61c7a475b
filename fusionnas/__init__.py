"""FusionNAS: architecture search for networks that predict materials properties from formulas.

import fusionnas

result = fusionnas.search(space="default", trials=24)
result.best.predict(["SrTiO3", "Na3PO4"])
result.view("front").save("pictures")
fusionnas.open_study("my-study").view("parity").table
fusionnas.load("my-model").predict(["SrTiO3"])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusionnas.data.sources import load_dataset
    from fusionnas.ensemble_export import export_ensemble
    from fusionnas.estimators import FusionRegressor, FusionSearchCV
    from fusionnas.experiment import search
    from fusionnas.explanation import explain
    from fusionnas.export import export
    from fusionnas.named import load_architecture
    from fusionnas.predict import Predictor
    from fusionnas.predict import load_predictor as load
    from fusionnas.rescore import rescore
    from fusionnas.search_space_file import load_space
    from fusionnas.study_result import StudyResult, open_study
    from fusionnas.train import train

__version__ = "0.1.0"

# imported when first used: torch, Optuna and Ray take seconds
_WHERE = {
    "FusionRegressor": ("fusionnas.estimators", "FusionRegressor"),
    "FusionSearchCV": ("fusionnas.estimators", "FusionSearchCV"),
    "Predictor": ("fusionnas.predict", "Predictor"),
    "StudyResult": ("fusionnas.study_result", "StudyResult"),
    "explain": ("fusionnas.explanation", "explain"),
    "export": ("fusionnas.export", "export"),
    "export_ensemble": ("fusionnas.ensemble_export", "export_ensemble"),
    "load": ("fusionnas.predict", "load_predictor"),
    "load_architecture": ("fusionnas.named", "load_architecture"),
    "load_dataset": ("fusionnas.data.sources", "load_dataset"),
    "load_space": ("fusionnas.search_space_file", "load_space"),
    "open_study": ("fusionnas.study_result", "open_study"),
    "rescore": ("fusionnas.rescore", "rescore"),
    "search": ("fusionnas.experiment", "search"),
    "train": ("fusionnas.train", "train"),
}

__all__ = [
    "FusionRegressor",
    "FusionSearchCV",
    "Predictor",
    "StudyResult",
    "explain",
    "export",
    "export_ensemble",
    "load",
    "load_architecture",
    "load_dataset",
    "load_space",
    "open_study",
    "rescore",
    "search",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'fusionnas' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
