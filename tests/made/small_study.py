"""A finished study made without a search: a few small networks, trained for an epoch or two."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.files.yaml_file import write_yaml
from fusionnas.models.provenance import data_facts, versions
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical
from fusionnas.networks.line import line
from fusionnas.networks.network import build
from fusionnas.networks.network_file import write_network
from fusionnas.searching.result_file import write_result
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.summary import test_predictions
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import train
from fusionnas.workflows.export import write_trial

Trial = tuple[str, int]  # origin, and how many epochs its network gets; 0: it failed


def make_study(
    path: Path, dataset: Dataset, trials: Sequence[Trial], epochs_of_reference: int = 1
) -> StudyFolder:
    """A study folder with trials, one pair of references, a summary and a bundle."""
    folder = StudyFolder(path)
    path.mkdir(parents=True)
    facts = {
        "id": path.name,
        "name": path.name,
        "created": "2026-01-01T00:00:00",
        "command": "made",
        "space": {"name": "tiny", "hash": "h"},
        "data": data_facts(dataset),
        "recipe": load_recipe("default", 1).to_dict(),
        "seed": 0,
        "sampler": "tpe",
        "versions": versions(),
    }
    write_yaml(path / "study.yaml", facts)
    folder.write_data(dataset)
    data = TrainingData.of(dataset, pick_device("cpu"))
    rows = []
    for number, (origin, epochs) in enumerate(trials):
        row: dict[str, Any] = {"number": number, "origin": origin, "architecture": "failed"}
        if epochs:
            result = trained_folder(folder.trial(number), data, epochs, number)
            row |= {k: result[k] for k in ("state", "val_mae", "train_seconds")}
            row["collapsed"] = False  # so short a training learns little
            row["architecture"] = result["line"]
        rows.append({"state": "failed"} | row)
    for seed in range(2):
        key = path / "references" / f"lstm-w8-s{seed}"
        trained_folder(key, data, epochs_of_reference, 90 + seed, {"width": 8, "global": ["lstm"]})
    frame = pd.DataFrame(rows)
    frame.to_csv(path / "trials.csv", index=False)
    best = int(frame.loc[frame["val_mae"].idxmin(), "number"])
    states = frame["state"].value_counts().to_dict()
    summary = {
        "name": path.name,
        "target": dataset.target,
        "unit": dataset.unit,
        "trials": states,
        "search_seconds": 60.0,
        "yardsticks": {},
        "chosen": {
            "number": best,
            "line": frame["architecture"][best],
            "origin": frame["origin"][best],
            "val_mae": frame["val_mae"].min(),
            "test_mae": 1.0,
            "test_rmse": 1.0,
        },
    }
    (path / "summary.json").write_text(json.dumps(summary, default=float))
    value, uncertainty = test_predictions(folder.trial(best), dataset)
    test = dataset.parts.test
    pd.DataFrame(
        {
            "formula": dataset.table.take(test).formulas(),
            "target": dataset.targets[test],
            "prediction": value,
            "uncertainty": uncertainty,
        }
    ).to_csv(path / "test_predictions.csv", index=False)
    write_trial(folder, folder.summary(), best, "lowest validation MAE", path / "best")
    return folder


def trained_folder(
    folder: Path, data: TrainingData, epochs: int, seed: int, plain: dict[str, Any] | None = None
) -> dict[str, Any]:
    architecture = canonical(Architecture.from_dict(plain or {"width": 8, "global": ["gru"]}))
    network = build(architecture, element_vectors("mat2vec"), seed)
    trained = train(network, data, load_recipe("default", epochs), seed)
    folder.mkdir(parents=True)
    write_network(folder, network)
    result = {
        "state": "done",
        "reason": None,
        "architecture": architecture.to_dict(),
        "line": line(architecture),
        "seed": seed,
        "order_gap": 0.0,
        **trained.to_dict(),
        "collapsed": False,
    }
    write_result(folder, json.loads(json.dumps(result, default=_plain)))
    return result


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else asdict(value)
