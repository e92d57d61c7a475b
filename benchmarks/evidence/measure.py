"""One training of the experiment, as a plain record.

Vectors are taken untrained, after each snapshot epoch, and with the final (best) weights.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.evidence.design import Run
from fusionnas.cecv.clustering import cluster_blocks
from fusionnas.cecv.efm import element_features
from fusionnas.cecv.probe import ProbeSet, choose_probe
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.errors import FusionNASError
from fusionnas.networks.canonical import identity
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.line import line
from fusionnas.networks.network import Network, Tap
from fusionnas.seeding import sub_seed
from fusionnas.statistics.metrics import mae
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer

DEGENERATE_SHARE = 0.01
BUILT_IN = "ricci_seebeck_p"


@dataclass(frozen=True, slots=True)
class Material:
    """What runs on one data set share."""

    data: TrainingData
    test: Compounds
    test_target: np.ndarray
    probe: ProbeSet
    compounds: Compounds  # of the probe


class Laboratory:
    """Trains runs; holds the data of a process."""

    def __init__(self, folder: Path, rows: Mapping[str, int], snapshots: list[int]) -> None:
        self.folder = folder
        self.rows = rows
        self.snapshots = snapshots
        self.material = cache(self._material)

    def measure(self, run: Run) -> dict[str, Any]:
        """The record of a run, also where it failed."""
        architecture = run.candidate.architecture
        record: dict[str, Any] = {
            "key": run.key,
            "round": run.round,
            "data": run.data,
            "arm": run.candidate.arm,
            "candidate": run.candidate.name,
            "family": run.candidate.family,
            "seed": run.seed,
            "epochs": run.epochs,
            "rows": run.rows,
            "shuffled": run.shuffled,
            "identity": identity(architecture),
            "line": line(architecture),
            "width": architecture.width,
        }
        begun = time.perf_counter()
        try:
            record |= self._train(run) | {"state": "done"}
        except FusionNASError as e:
            record |= {"state": "failed", "reason": str(e)}
        return record | {"seconds": round(time.perf_counter() - begun, 2)}

    def _train(self, run: Run) -> dict[str, Any]:
        material = self.material(run.data, run.rows, run.shuffled)
        architecture = run.candidate.architecture
        seed = sub_seed(run.seed, run.candidate.name)
        network = fresh_network(
            architecture, element_vectors(architecture.element_vectors), seed
        ).to(material.data.device)
        flops = forward_flops(network)
        vectors = {"untrained": describe(network, material)}
        trainer = Trainer(
            network, material.data, load_recipe("default", run.epochs), training_seed(seed)
        )
        for epoch in trainer:
            if epoch.epoch in self.snapshots or epoch.epoch == run.epochs:
                vectors[str(epoch.epoch)] = describe(network, material)
        result = trainer.finish()
        vectors["final"] = describe(network, material)
        value, _ = predict_standardised(network, material.test)
        return {
            "parameters": result.parameters,
            "flops": flops,
            "val_mae": result.val_error,
            "test_mae": mae(material.data.scaler.restore(value), material.test_target),
            "skill": result.skill,
            "best_epoch": result.best_epoch,
            "train_seconds": round(result.train_seconds, 2),
            "val_maes": [epoch.val_error for epoch in result.history],
            "probe": material.probe.name,
            "probe_hash": material.probe.hash,
            "vectors": vectors,
            "taps": {tap: leader(network, material, tap) for tap in ("last_block", "input")},
        }

    def _material(self, name: str, rows: int, shuffled: bool) -> Material:
        whole = load_dataset(None if name == BUILT_IN else str(self.folder / name))
        rng = np.random.default_rng(0)
        train, val, test = (
            np.sort(rng.permutation(part)[:most])
            for part, most in zip(
                (whole.parts.train, whole.parts.val, whole.parts.test),
                (rows, self.rows["validation_rows"], self.rows["test_rows"]),
                strict=True,
            )
        )
        # the probe is of the whole validation part, and holds no composition of the rows trained on
        probe = choose_probe(replace(whole, parts=replace(whole.parts, train=train)))
        targets = whole.targets
        if shuffled:
            targets = targets.copy()
            targets[train] = targets[rng.permutation(train)]
        dataset: Dataset = replace(whole, parts=Parts(train, val, test), targets=targets)
        device = pick_device()
        return Material(
            data=TrainingData.of(dataset, device),
            test=Compounds(dataset.table.take(test), device),
            test_target=whole.targets[test],
            probe=probe,
            compounds=Compounds(probe.table, device),
        )


def describe(network: Network, material: Material) -> dict[str, Any]:
    """Counts by `leader` and `pairs`, and the effective rank of the EFM."""
    blocks = element_features(network, material.compounds)
    by_leader = cluster_blocks(blocks)
    degenerate = by_leader.degenerate / max(by_leader.compounds + by_leader.degenerate, 1)
    if degenerate > DEGENERATE_SHARE:
        raise FusionNASError(f"EFM without element resolution ({degenerate:.1%} of the probe)")
    by_pairs = cluster_blocks(blocks, rule="pairs")
    return {
        "compounds": by_leader.compounds,
        "leader": [int(count) for count in by_leader.counts],
        "pairs": [round(count, 5) for count in by_pairs.counts],
        "effective_rank": round(effective_rank(blocks), 5),
    }


def leader(network: Network, material: Material, tap: Tap) -> list[int] | None:
    """Counts at another place of the network; None where it tells no elements apart."""
    try:
        counts = cluster_blocks(element_features(network, material.compounds, tap)).counts
    except FusionNASError:
        return None
    return [int(count) for count in counts]


def effective_rank(blocks: Mapping[int, np.ndarray]) -> float:
    """exp of the entropy of the normalised singular values of all element rows (Roy and Vetterli,
    EUSIPCO 2007), channels centred; compounds of three or more elements."""
    rows = np.concatenate([b.reshape(-1, b.shape[-1]) for n, b in blocks.items() if n >= 3])
    singular = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    share = singular[singular > 0] / singular.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def forward_flops(network: nn.Module) -> int:
    """Of one ternary compound."""
    numbers, fractions = torch.tensor([[8, 22, 38]]), torch.tensor([[0.6, 0.2, 0.2]])
    device = next(network.parameters()).device
    # without oneDNN's fused LSTM, which the counter does not know
    warnings.filterwarnings("ignore", message="TF32 acceleration on top of oneDNN")
    with torch.backends.mkldnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
        network(Inputs(numbers.to(device), fractions.to(device)))
    return counter.get_total_flops()
