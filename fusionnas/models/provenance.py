"""The origin of a network: the facts that studies and bundles record about data and software."""

from __future__ import annotations

import platform
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.nearest import usual_distance
from fusionnas.data.reading.bad_rows import SKIPPED_ROWS, BadRow, table_of
from fusionnas.data.scaling import Scaler
from fusionnas.data.table import CompositionTable
from fusionnas.models.bundle import save_bundle
from fusionnas.models.model_card import MODEL_CARD, model_card
from fusionnas.networks.line import line
from fusionnas.networks.network import Network
from fusionnas.statistics.calibration import Calibrated, Calibration
from fusionnas.tasks.kinds import is_classifier, task_of

PACKAGES = (
    "fusionnas",
    "torch",
    "numpy",
    "scikit-learn",
    "lightgbm",
    "optuna",
    "ray",
    "mlflow",
    "pymatgen",
    "matminer",
    "ElementEmbeddings",
)
# facts about data that have their own places in a manifest
NOT_OF_DATA = (
    "scaling",
    "elements_seen",
    "lower_bound",
    "temperature",
    "conditions",
    "targets",
)
FAR_QUANTILE = 0.99  # of the distances from training compositions to their nearest other one

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^/\s]*@")


def command_line() -> str:
    """The command that was given, without the passwords in URLs."""
    return _PASSWORD.sub(r"\1:***@", shlex.join(["fusionnas", *sys.argv[1:]]))


def versions() -> dict[str, str]:
    """Versions of the software that a result depends on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a training alone needs neither Ray nor MLflow
            continue
    return found


def write_bundle(
    out: Path,
    network: Network,
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
    origin: Mapping[str, Any],
    recipe: Mapping[str, Any],
    compositions: CompositionTable | None,
    calibrated: Calibrated | None = None,
    before: CompositionTable | None = None,
    skipped: Sequence[BadRow] = (),
    calibrations: Sequence[Calibration | None] = (),
) -> None:
    """Write a network as a bundle.

    Args:
        out: folder of the bundle, empty or new.
        network: network with its final weights.
        data: facts from `data_facts`.
        metrics, origin, recipe: facts about its training for the manifest.
        compositions: compositions of the training part, if known.
        calibrated: correction of its intervals, or its prediction sets, and the check of it, if
            there is one.
        before: compositions that earlier trainings used, if it was fine-tuned.
        skipped: rows of the data that could not be read, to be listed in a file.
        calibrations: correction of the intervals of each of several targets.

    Raises:
        BundleError: the folder is not empty or cannot be written.
    """
    facts = bundle_facts(network, data, metrics, origin, recipe, compositions)
    made = None
    if calibrated is not None:
        made, facts[calibration_key(facts)] = calibrated
    texts = {MODEL_CARD: model_card(facts)}
    if skipped:
        texts[SKIPPED_ROWS] = table_of(skipped).to_csv(index=False)
    scaler = Scaler.from_plain(data["scaling"])
    save_bundle(out, network, scaler, facts, compositions, texts, made, before, calibrations)


def calibration_key(manifest: Mapping[str, Any]) -> str:
    """Where a manifest keeps the facts about the calibration: intervals, or sets of classes."""
    return "sets" if is_classifier(manifest) else "interval"


def bundle_facts(
    network: Network,
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
    origin: Mapping[str, Any],
    recipe: Mapping[str, Any],
    compositions: CompositionTable | None,
) -> dict[str, Any]:
    """The manifest of a bundle; the arguments are those of `write_bundle`."""
    facts: dict[str, Any] = {
        "line": line(network.architecture),
        "target": data["target"],
        "unit": data["unit"],
        "lower_bound": data.get("lower_bound"),
        "metrics": dict(metrics),
        "data": {k: v for k, v in data.items() if k not in NOT_OF_DATA},
        "elements_seen": data["elements_seen"],
        "recipe": dict(recipe),
        "origin": dict(origin),
        "versions": versions(),
    }
    if "classes" in data:
        facts |= {name: data[name] for name in ("task", "classes", "temperature") if name in data}
    if "targets" in data:
        facts |= {name: data[name] for name in ("task", "targets")}
    if "conditions" in data:
        facts["conditions"] = data["conditions"]
    if compositions is not None:
        facts["training_compositions"] = composition_facts(compositions)
    return facts


def composition_facts(compositions: CompositionTable) -> dict[str, Any]:
    """The facts about the compositions that a model was fitted to, for its manifest."""
    return {
        "count": len(compositions),
        "far_distance": usual_distance(compositions, FAR_QUANTILE),
        "far_quantile": FAR_QUANTILE,
        "distance": "half the L1 distance of atomic fractions: the share of atoms that would have "
        "to be exchanged",
    }


def data_facts(dataset: Dataset, scaler: Scaler | None = None) -> dict[str, Any]:
    """The facts about their data that studies and bundles record; by default with a new scaler."""
    scaler = scaler or task_of(dataset).scaler(dataset)
    others: dict[str, Any] = {}
    if dataset.classes:
        others = {"task": dataset.task, "classes": list(dataset.classes)}
    if dataset.several:
        others = {"task": dataset.task, "targets": target_facts(dataset, scaler)}
    if dataset.conditions is not None:
        others["conditions"] = dataset.conditions.to_plain()
    if dataset.weights is not None:
        others["weights"] = dataset.weights.to_plain()
    return others | {
        "name": dataset.name,
        "target": dataset.target,
        "unit": dataset.unit,
        "lower_bound": dataset.lower_bound,
        "source": dataset.source,
        "licence": dataset.licence,
        "split": dataset.split,
        "fingerprint": dataset.fingerprint,
        "compositions": _sizes(dataset),
        "skipped_rows": len(dataset.skipped),
        "noise_floor": _noise(dataset),
        "scaling": scaler.to_plain(),
        "elements_seen": " ".join(SYMBOLS[z] for z in dataset.elements_seen()),
    }


def target_facts(dataset: Dataset, scaler: Scaler) -> list[dict[str, Any]]:
    """The facts about each of several targets: `fusionnas.models.bundle.manifest_of_target`."""
    facts = []
    for place, column in enumerate(dataset.several):
        own = dataset.of_target(place)
        facts.append(
            {
                "target": column.name,
                "unit": column.unit,
                "lower_bound": own.lower_bound,
                "scaling": scaler.of_target(place).to_plain(),
                "median": float(np.median(own.targets[own.parts.train])),
                "data": {"compositions": _sizes(own), "noise_floor": _noise(own)},
            }
        )
    return facts


def _sizes(dataset: Dataset) -> dict[str, int]:
    """The number of compositions in each part."""
    parts = dataset.parts
    return {"train": len(parts.train), "val": len(parts.val), "test": len(parts.test)}


def _noise(dataset: Dataset) -> dict[str, Any]:
    """How rows of one composition disagree, and how they were merged."""
    noise = dataset.noise
    counts = {"rows": noise.rows, "merged": noise.merged, "deviation": noise.deviation}
    return counts | {"how": noise.how}
