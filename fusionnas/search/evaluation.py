"""One evaluation: build, train, take the EFMs, cluster, and leave a complete folder.

An `Evaluator` lives in a worker and holds the data on its device; it is a plain function of its
job otherwise, so that the same job gives the same folder wherever it runs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.architecture import Architecture
from fusionnas.cecv.efm import extract_efms
from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.vector import Cecv, cecv_of
from fusionnas.components import line
from fusionnas.data.dataset import Dataset
from fusionnas.errors import FusionNASError
from fusionnas.network import build
from fusionnas.network_file import sync, write_network
from fusionnas.seeding import sub_seed
from fusionnas.training.data import TrainingData
from fusionnas.training.recipe import Recipe
from fusionnas.training.trainer import Trainer, pick_device

RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all trainings of a study share; it goes to each worker once."""

    dataset: Dataset
    vectors: Mapping[str, np.ndarray]  # element vectors (119, channels) by name
    recipe: Recipe
    probe: ProbeSet


class Evaluator:
    """Trains and describes one architecture after the other on one device."""

    def __init__(self, setting: Setting, device: torch.device | None = None) -> None:
        self.setting = setting
        self.device = device or pick_device()
        self.data = TrainingData.of(setting.dataset, self.device)

    def run(self, architecture: Architecture, seed: int, folder: Path) -> Iterator[dict[str, Any]]:
        """Train and yield one record an epoch; the last item is the result.

        The result lies in `folder/result.json`, written after everything else there, so that a
        folder with a readable result is complete.
        """
        begun = time.perf_counter()
        base = {"architecture": architecture.to_dict(), "line": line(architecture), "seed": seed}
        try:
            vectors = self.setting.vectors[architecture.element_vectors]
            network = build(architecture, vectors, sub_seed(seed, "weights"))
            built = time.perf_counter() - begun
            trainer = Trainer(network, self.data, self.setting.recipe, sub_seed(seed, "training"))
            for record in trainer:
                yield {"state": "running", **asdict(record)}
            trained = trainer.finish()
            vector, seconds = self._cecv(network)
            result = base | trained.to_dict() | {
                "state": "done",
                "reason": None,
                "cecv": vector.to_dict(),
                "build_seconds": built,
                "efm_seconds": seconds,
            }  # fmt: skip
            folder.mkdir(parents=True, exist_ok=True)
            write_network(folder, network)
        except FusionNASError as e:
            result = base | {"state": "failed", "reason": str(e)}
            result["train_seconds"] = time.perf_counter() - begun
        write_result(folder, result)
        yield result

    def _cecv(self, network: torch.nn.Module) -> tuple[Cecv, float]:
        begun = time.perf_counter()
        probe = self.setting.probe
        efms = extract_efms(network, probe.table, device=self.device)
        vector = cecv_of(efms, probe)
        return vector, time.perf_counter() - begun


def write_result(folder: Path, result: Mapping[str, Any]) -> None:
    """Put `result.json` into a folder, whole or not at all, synced to the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{RESULT}.part"
    part.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    sync(part)
    os.replace(part, folder / RESULT)
    sync(folder)


def read_result(folder: Path) -> dict[str, Any] | None:
    """The result in a folder, or None where it is not complete."""
    try:
        return json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
