"""What makes predictions smooth and free of the element order, and what it costs in test error.

    nice -n 10 python -m benchmarks.accuracy.smoothness --data FOLDER -o FILE.jsonl [--epochs 40]

On each table and seed every arm is trained on the same rows for the same number of epochs, at width
64 on one thread. `waves 0.5` is the embedding `smooth_fraction` without steps. `random orders`
trains on elements in random order, and its prediction is the mean over eight orders; only this
benchmark has such networks. Measured are the test error with its paired difference from `ldcnn`,
the order gap, and the roughness along 200 lines through training compounds. A line of FILE is a
table and seed; the same command continues after an interruption. `--table` prints what there is.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.accuracy.tables import BUILT_IN, load_table
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.files.ledger import Ledger
from fusionnas.insight.sweeps.roughness import along_lines, lines_through, roughness
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical
from fusionnas.networks.components.output import Residuals
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.element_order import order_gap, other_orders
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe import RECIPES
from fusionnas.training.trainer import Trainer

TABLES = (
    "aflow_bandgap",
    "phonons",
    BUILT_IN,
    "mp_shear_modulus",
    "aflow_thermal_conductivity",
    "bartel_formation_enthalpy",
)
ROWS, WIDTH = (1500, 300, 1000), 64  # rows of the parts at most
ORDERS = 8  # that a prediction is averaged over
BASE = "ldcnn"
WAVES = {"embedding": {"kind": "smooth_fraction", "wavelength": 0.5}}
LDCNN = {"width": WIDTH, "global": ["lstm"], "local": ["dcnn"]}
MESSAGES = {"width": WIDTH, "global": ["message_passing"]}
# architecture, and whether it is trained on random orders
ARMS: dict[str, tuple[dict[str, Any], bool]] = {
    BASE: (LDCNN, False),
    "ldcnn, waves 0.5": (LDCNN | WAVES, False),
    "ldcnn, random orders": (LDCNN, True),
    "ldcnn, random orders, waves 0.5": (LDCNN | WAVES, True),
    "message-passing": (MESSAGES, False),
    "message-passing, waves 0.5": (MESSAGES | WAVES, False),
}


class AnyOrder(Network):
    """A network that is trained on random orders and predicts the mean over several."""

    def residuals(self, inputs: Inputs, target: Tensor) -> Residuals:
        order = torch.randperm(inputs.elements).tolist()  # of torch's generator, as the jitter
        return super().residuals(inputs.reordered(order), target)

    def forward(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Mean prediction and mean log-scale, each (B,)."""
        orders = [list(range(inputs.elements)), *other_orders(inputs.elements, 0, ORDERS - 1)]
        each = [super(AnyOrder, self).forward(inputs.reordered(order)) for order in orders]
        values, log_scales = zip(*each, strict=True)
        return torch.stack(values).mean(dim=0), torch.stack(log_scales).mean(dim=0)


def network_of(arm: str, seed: int) -> Network:
    """The untrained network of an arm; arms of one architecture start from the same weights."""
    plain, any_order = ARMS[arm]
    architecture = canonical(Architecture.from_dict(plain))
    vectors = element_vectors(architecture.element_vectors)
    network = fresh_network(architecture, vectors, seed)
    if not any_order:
        return network
    averaging = AnyOrder(architecture, torch.from_numpy(np.asarray(vectors, dtype=np.float32)))
    averaging.load_state_dict(network.state_dict())
    return averaging


def measure(dataset: Dataset, seed: int, epochs: int) -> dict[str, dict[str, Any]]:
    """The results of every arm on one table."""
    device, test = torch.device("cpu"), dataset.parts.test
    data = TrainingData.of(dataset, device)
    tested = Compounds(dataset.table.take(test), device)
    lines = Compounds(lines_through(dataset.table.take(dataset.parts.train)), device)
    recipe = replace(RECIPES["default"], epochs=epochs, patience=10_000)
    base = np.empty(0)
    found: dict[str, dict[str, Any]] = {}
    for arm in ARMS:
        trainer = Trainer(network_of(arm, seed), data, recipe, training_seed(seed))
        for _ in trainer:
            pass
        result = trainer.finish()
        network, std = trainer.network, data.scaler.std
        predicted = data.scaler.restore(predict_standardised(network, tested)[0])
        errors = np.abs(predicted - dataset.targets[test])
        base = errors if arm == BASE else base
        found[arm] = {
            "test_mae": float(errors.mean()),
            "difference": float((errors - base).mean()),
            "interval": mean_intervals((errors - base)[None])[0].tolist(),
            "order_gap": std * order_gap(network, data.val, seed),
            "roughness": std * roughness(along_lines(predict_standardised(network, lines)[0])),
            "seconds": round(result.train_seconds, 1),
        }
    return found


def print_table(records: Mapping[str, Mapping[str, Any]]) -> None:
    """Test error against that of `ldcnn` in percent, by table; order gap and roughness as medians.

    A star marks a difference whose paired 95% interval excludes zero, for every seed.
    """
    tables = [t for t in TABLES if any(r["table"] == t for r in records.values())]
    print(f"| arm | {' | '.join(tables)} | roughness | order gap |")
    print("|---|" + "---:|" * (len(tables) + 2))
    for arm in ARMS:
        cells = []
        for table in tables:
            pairs = [
                (r["arms"][arm], r["arms"][BASE]) for r in records.values() if r["table"] == table
            ]
            ratio = np.mean([np.log(a["test_mae"] / b["test_mae"]) for a, b in pairs])
            seen = all(np.prod(np.sign(a["interval"])) > 0 for a, _ in pairs)
            cells.append(f"{100 * np.expm1(ratio):+.1f}{'*' * seen}")
        for name in ("roughness", "order_gap"):
            shares = [r["arms"][arm][name] / r["arms"][arm]["test_mae"] for r in records.values()]
            cells.append(f"{np.median(shares):.1%}")
        print(f"| {arm} | {' | '.join(cells)} |")


def print_in_units(records: Mapping[str, Mapping[str, Any]]) -> None:
    """Roughness and order gap of three arms on each table, in the target's unit, over the seeds."""
    arms = (BASE, "ldcnn, waves 0.5", "message-passing, waves 0.5")
    print(f"| table | {' | '.join(f'roughness: {a}' for a in arms)} | order gap: {arms[0]} |")
    print("|---|" + "---:|" * (len(arms) + 1))
    for table in TABLES:
        found = [record["arms"] for record in records.values() if record["table"] == table]
        if not found:
            continue
        cells = [np.mean([arms_of[arm]["roughness"] for arms_of in found]) for arm in arms]
        cells.append(np.mean([arms_of[BASE]["order_gap"] for arms_of in found]))
        print(f"| {table} | {' | '.join(f'{cell:.3g}' for cell in cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="holds extended/ and matbench/")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="print what there is, train nothing")
    given = parser.parse_args()
    ledger = Ledger(given.output)
    records = ledger.by_key()
    if given.table:
        print_table(records)
        print_in_units(records)
        return
    if any(r["epochs"] != given.epochs for r in records.values()):
        parser.error(f"{given.output} holds trainings of other epochs; name another file")
    torch.set_num_threads(1)
    for seed, table in product(range(given.seeds), TABLES):
        key = f"{table}/{seed}"
        if key in records:
            continue
        arms = measure(load_table(table, given.data, ROWS), seed, given.epochs)
        ledger.add({"key": key, "table": table, "seed": seed, "epochs": given.epochs, "arms": arms})
        print(f"{key}: {sum(arm['seconds'] for arm in arms.values()):.0f} s", flush=True)


if __name__ == "__main__":
    main()
