"""Where a network comes from: what studies and bundles record of data and software."""

from __future__ import annotations

import platform
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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
from fusionnas.statistics.calibration import Calibrated
from fusionnas.tasks.regression import REGRESSION

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
FAR_QUANTILE = 0.99  # of the distances from training compositions to their nearest others

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^/\s]*@")


def command_line() -> str:
    """The command that was given, without the passwords in URLs."""
    return _PASSWORD.sub(r"\1:***@", shlex.join(["fusionnas", *sys.argv[1:]]))


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # training alone needs neither Ray nor MLflow
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
) -> None:
    """A bundle of a network.

    Args:
        out: the bundle's folder, empty or new.
        network: with its final weights.
        data: as `data_facts` gives it.
        metrics, origin, recipe: what the manifest tells of its training.
        compositions: of the training part, where they are known.
        calibrated: the correction of its intervals and what was found of it, where there is one.
        before: compositions that trainings before the last one saw, where it was fine-tuned.
        skipped: rows of the data that could not be read, to be listed in a file.

    Raises:
        BundleError: the folder is taken or cannot be written.
    """
    facts = bundle_facts(network, data, metrics, origin, recipe, compositions)
    made = None
    if calibrated is not None:
        made, facts["interval"] = calibrated
    texts = {MODEL_CARD: model_card(facts)}
    if skipped:
        texts[SKIPPED_ROWS] = table_of(skipped).to_csv(index=False)
    save_bundle(out, network, Scaler(**data["scaling"]), facts, compositions, texts, made, before)


def bundle_facts(
    network: Network,
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
    origin: Mapping[str, Any],
    recipe: Mapping[str, Any],
    compositions: CompositionTable | None,
) -> dict[str, Any]:
    """What the manifest of a bundle tells; arguments as `write_bundle` takes them."""
    facts: dict[str, Any] = {
        "line": line(network.architecture),
        "target": data["target"],
        "unit": data["unit"],
        "metrics": dict(metrics),
        "data": {k: v for k, v in data.items() if k not in ("scaling", "elements_seen")},
        "elements_seen": data["elements_seen"],
        "recipe": dict(recipe),
        "origin": dict(origin),
        "versions": versions(),
    }
    if compositions is not None:
        facts["training_compositions"] = composition_facts(compositions)
    return facts


def composition_facts(compositions: CompositionTable) -> dict[str, Any]:
    """What a manifest tells of the compositions that a model was fitted to."""
    return {
        "count": len(compositions),
        "far_distance": usual_distance(compositions, FAR_QUANTILE),
        "far_quantile": FAR_QUANTILE,
        "distance": "half the L1 distance of atomic fractions: the share of atoms that would have "
        "to be exchanged",
    }


def data_facts(dataset: Dataset, scaler: Scaler | None = None) -> dict[str, Any]:
    """What studies and bundles record of their data; the scaler is the training part's or given."""
    scaler = scaler or REGRESSION.scaler(dataset)
    return {
        "name": dataset.name,
        "target": dataset.target,
        "unit": dataset.unit,
        "source": dataset.source,
        "licence": dataset.licence,
        "split": dataset.split,
        "fingerprint": dataset.fingerprint,
        "compositions": {
            "train": len(dataset.parts.train),
            "val": len(dataset.parts.val),
            "test": len(dataset.parts.test),
        },
        "skipped_rows": len(dataset.skipped),
        "noise_floor": {
            "rows": dataset.noise.rows,
            "merged": dataset.noise.merged,
            "deviation": dataset.noise.deviation,
        },
        "scaling": {"mean": scaler.mean, "std": scaler.std},
        "elements_seen": " ".join(SYMBOLS[z] for z in dataset.elements_seen()),
    }
