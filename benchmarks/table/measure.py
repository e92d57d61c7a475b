"""One training of the table, done as a search does it, as a plain record."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.tables import load_table, whole_table
from benchmarks.evidence.measure import forward_flops
from benchmarks.table.described import Described
from benchmarks.table.protocol import Protocol
from fusionnas.cecv.probe import choose_probe
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.folds import development_rows
from fusionnas.data.splits import Parts
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.line import line
from fusionnas.networks.network import Network
from fusionnas.networks.network_file import read_network
from fusionnas.searching.assignment import Assignment
from fusionnas.searching.evaluation import Evaluator
from fusionnas.searching.references import References
from fusionnas.searching.setting import Setting
from fusionnas.seeding import sub_seed
from fusionnas.statistics.metrics import mae
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.batches import Compounds
from fusionnas.training.fresh import fresh_network
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Run:
    """A training: a member of the space from a seed, or a reference of the band."""

    data: str
    kind: str  # member or reference
    name: str  # the identity of a member, the key of a reference
    architecture: Architecture
    seed: int  # 0, 1, ...: of the table
    master_seed: int  # what the training is given

    @property
    def key(self) -> str:
        return f"{self.data}/{self.kind}/{self.name}/{self.seed}"


def member_run(data: str, architecture: Architecture, seed: int) -> Run:
    name = identity(architecture)
    return Run(data, "member", name, architecture, seed, sub_seed(seed, "table", name))


def reference_runs(protocol: Protocol, data: str) -> list[Run]:
    """As a search with master seed 0 trains them."""
    references, found = References(protocol.space, 0), []
    while (job := references.next()) is not None:
        architecture = Architecture.from_dict(job.payload["architecture"])
        seed = references.running[job.key].seed
        found.append(Run(data, "reference", job.key, architecture, seed, job.payload["seed"]))
    return found


def sample(protocol: Protocol, folder: Path, name: str) -> Dataset:
    """The rows of a data set that the table is made of."""
    rows = protocol.sets[name].rows
    if not protocol.pooled:
        return load_table(name, folder, rows)
    whole, rng = whole_table(name, folder), np.random.default_rng(0)
    both = rng.permutation(development_rows(whole.parts))
    # validation has what is left where the rows are few
    train, val = both[: rows[0]], both[rows[0] :][: rows[1]]
    test = rng.permutation(whole.parts.test)[: rows[2]]
    return replace(whole, parts=Parts(*map(np.sort, (train, val, test))))


class DescribingEvaluator(Evaluator):
    """Adds to each look of a training, and to its result, what the protocol's `described` asks."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.described = Described.of(setting.dataset, setting.probe, self.probe)

    def _look(self, trainer: Trainer, network: Network) -> dict[str, Any]:
        return super()._look(trainer, network) | self.described.describe(network)


class Laboratory:
    """Trains runs; holds the data of a process."""

    def __init__(self, protocol: Protocol, folder: Path) -> None:
        self.protocol = protocol
        self.folder = folder
        self.scratch = Path(tempfile.mkdtemp(prefix="table-"))
        self.material = cache(self._material)

    def measure(self, run: Run) -> dict[str, Any]:
        evaluator, dataset, test = self.material(run.data)
        folder = self.scratch / "trial"
        *_, result = evaluator.run(Assignment(run.architecture, run.master_seed, folder))
        record: dict[str, Any] = {
            "key": run.key,
            "data": run.data,
            "kind": run.kind,
            "name": run.name,
            "seed": run.seed,
            "training_seed": run.master_seed,
            "state": result["state"],
            "reason": result["reason"],
            "line": line(run.architecture),
            "architecture": run.architecture.to_dict(),
            "width": run.architecture.width,
        }
        if result["state"] != "done":
            return record
        network = read_network(folder).to(evaluator.device)
        if isinstance(evaluator, DescribingEvaluator):
            record |= evaluator.described.describe(network) | {
                "untrained": evaluator.described.describe(self._untrained(evaluator, run)),
                "flops": forward_flops(network),
            }
        value, _ = predict_standardised(network, test)
        truth = dataset.targets[dataset.parts.test]
        copied = (
            "val_mae",
            "val_rmse",
            "skill",
            "collapsed",
            "best_epoch",
            "parameters",
            "train_seconds",
            "efm_seconds",
            "cecv",
            "cecv_untrained",
        )
        return (
            record
            | {name: result[name] for name in copied}
            | {
                "rungs": result.get("rungs", []),
                "test_mae": mae(REGRESSION.scaler(dataset).restore(value), truth),
                "val_maes": [epoch["val_mae"] for epoch in result["history"]],
            }
        )

    def _untrained(self, evaluator: Evaluator, run: Run) -> Network:
        vectors = evaluator.setting.vectors[run.architecture.element_vectors]
        return fresh_network(run.architecture, vectors, run.master_seed).to(evaluator.device)

    def _material(self, name: str) -> tuple[Evaluator, Dataset, Compounds]:
        dataset = sample(self.protocol, self.folder, name)
        setting = Setting(
            self.scratch,
            dataset,
            {vectors: element_vectors(vectors) for vectors in self.protocol.space.vector_names},
            load_recipe(self.protocol.recipe, self.protocol.sets[name].epochs),
            choose_probe(dataset, self.protocol.probe),
            0,
            self.protocol.rung_epochs(name),
        )
        evaluator = DescribingEvaluator(setting) if self.protocol.described else Evaluator(setting)
        test = Compounds(dataset.table.take(dataset.parts.test), evaluator.device)
        return evaluator, dataset, test
