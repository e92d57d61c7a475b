"""Which choices of an architecture are worth their place in the default space.

    nice -n 10 python -m benchmarks.accuracy.choices --data FOLDER -o FILE.jsonl [--seconds 10]

Every arm is a network that is trained on every table for as long as every other: its epochs are as
many as fit into `--seconds` of the processor, one thread, and the one-cycle rate runs over just
these. With `--outputs` the arms are outputs, and the tables have spikes or long tails. What counts
is the validation error; no test row is looked at. Each training is a line of FILE, and the same
command goes on where it was cut off. `--table` prints what there is, each arm against `ldcnn`, or
the plain output, of the same table and seed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.accuracy.tables import BUILT_IN, load_table
from fusionnas.data.element_vectors import element_vectors
from fusionnas.files.ledger import Ledger
from fusionnas.insight.sweeps.roughness import LINES, along_lines, lines_through, roughness
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.element_order import order_gap
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe import RECIPES, Recipe
from fusionnas.training.trainer import Trainer

TABLES = (
    "aflow_bandgap",
    "aflow_thermal_conductivity",
    "phonons",
    BUILT_IN,
    "mp_shear_modulus",
    "bartel_formation_enthalpy",
    "dielectric",
    "mp_energy_above_hull",
)
# a spike, half of one, and two long tails: outputs are compared on these
SPIKES_AND_TAILS = (
    "oqmd_bandgap",
    "aflow_bandgap",
    "aflow_thermal_conductivity",
    "mp_elastic_anisotropy",
)
SMOOTHNESS = TABLES[0], TABLES[2], TABLES[3]  # where roughness is measured
ROWS, WIDTH, SEEDS = (1500, 1000, 0), 64, 2  # rows of the parts at most
BASE, MESSAGE_BASE = "ldcnn", "message-passing, three tables"
THREE = {"element_vectors": "mat2vec+magpie+oliynyk"}
WAVES = {"kind": "smooth_fraction", "wavelength": 0.5}
LSTM, DCNN = ["lstm"], ["dcnn"]
SOFT = [{"kind": "lstm", "attention": "soft"}, {"kind": "gru", "attention": "soft"}]
MESSAGES, MIXER = ["message_passing"], ["gated_mixer"]
ATTENTION = [{"kind": "self_attention", "layers": 2}]


def _arm(
    global_: Sequence[Any],
    local: Sequence[Any] = (),
    embedding: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    embedding = {"kind": "element_fraction", **(embedding or {})}
    return {"width": WIDTH, "global": global_, "local": local, "embedding": embedding, **more}


ARMS: dict[str, dict[str, Any]] = {
    BASE: _arm(LSTM, DCNN),
    MESSAGE_BASE: _arm(MESSAGES, embedding=THREE),
    "self-attention, three tables": _arm(ATTENTION, embedding=THREE),
    "gated-mixer, three tables": _arm(MIXER, embedding=THREE),
    "ldcnn, three tables": _arm(LSTM, DCNN, THREE),
    "message-passing, three tables, statistics": _arm(
        MESSAGES, embedding=THREE, descriptor="statistics"
    ),
    "message-passing, three tables, dropout 0.1": _arm(MESSAGES, embedding=THREE, dropout=0.1),
    "ldcnn, waves 0.5": _arm(LSTM, DCNN, WAVES),
    "message-passing, three tables, waves 0.5": _arm(MESSAGES, embedding=THREE | WAVES),
    "self-attention, three tables, waves 0.5": _arm(ATTENTION, embedding=THREE | WAVES),
    "gated-mixer, three tables, waves 0.5": _arm(MIXER, embedding=THREE | WAVES),
    "message-passing": _arm(MESSAGES),
    "ldcnn, three tables, statistics": _arm(LSTM, DCNN, THREE, descriptor="statistics"),
    "l-g-dcnn": _arm(SOFT, DCNN),
    "ldcnn, 200 steps": _arm(LSTM, DCNN, {"resolution": 200}),
    "gated-mixer, three tables, statistics": _arm(MIXER, embedding=THREE, descriptor="statistics"),
    "ldcnn, waves 0.1": _arm(LSTM, DCNN, {"kind": "smooth_fraction", "wavelength": 0.1}),
    "self-attention": _arm(ATTENTION),
    "gated-mixer": _arm(MIXER),
    "lstm": _arm(LSTM),
    "dcnn": _arm((), DCNN),
    "dcnn-k1": _arm((), ["dcnn_k1"]),
    "l-g-dcnn, skip": _arm(SOFT, DCNN, fusion="skip", pooling="max_channels"),
    "dcnn, three tables": _arm((), DCNN, THREE),
    "message-passing then dcnn, three tables": _arm(MESSAGES, DCNN, THREE),
    "message-passing beside dcnn, three tables": _arm(
        MESSAGES, DCNN, THREE, fusion={"kind": "parallel", "join": "gate"}
    ),
    "dcnn-k1, three tables, statistics": _arm((), ["dcnn_k1"], THREE, descriptor="statistics"),
    "ldcnn, dropout 0.1": _arm(LSTM, DCNN, dropout=0.1),
    "gated-mixer, three tables, dropout 0.1": _arm(MIXER, embedding=THREE, dropout=0.1),
}


OUTPUTS = {
    MESSAGE_BASE: ARMS[MESSAGE_BASE],
    "asinh": ARMS[MESSAGE_BASE] | {"output": "asinh"},
    "hurdle": ARMS[MESSAGE_BASE] | {"output": "hurdle"},
}


def planned(outputs: bool) -> Iterator[tuple[str, str, int]]:
    """Arm, table and seed, what matters most first."""
    if outputs:
        for seed, table, arm in product(range(SEEDS), SPIKES_AND_TAILS, OUTPUTS):
            yield arm, table, seed
        return
    names = list(ARMS)
    for arms, seed in (
        (names[:9], 0),
        (names[9:14], 0),
        (names[:11], 1),
        (names[14:], 0),
        (names[11:], 1),
    ):
        for table in TABLES:
            yield from ((arm, table, seed) for arm in arms)


class Laboratory:
    def __init__(self, folder: Path, seconds: float) -> None:
        self.seconds, self.folder = seconds, folder
        self.material = cache(self._material)

    def _material(self, table: str) -> tuple[TrainingData, Compounds]:
        """The data, and lines through known compounds."""
        dataset, device = load_table(table, self.folder, ROWS), torch.device("cpu")
        known = dataset.table.take(dataset.parts.train)
        lines = lines_through(known, LINES if table in SMOOTHNESS else 0)
        return TrainingData.of(dataset, device), Compounds(lines, device)

    def measure(self, arm: str, table: str, seed: int, epochs: int | None) -> dict[str, Any]:
        """Train one; `epochs` where another seed has found them already."""
        data, lines = self.material(table)
        architecture = canonical(Architecture.from_dict((ARMS | OUTPUTS)[arm]))
        epochs = epochs or self._epochs(architecture, data)
        recipe = replace(RECIPES["default"], epochs=epochs, patience=10_000)
        trainer = _trainer(architecture, data, recipe, seed)
        begun = time.process_time()
        errors = [epoch.val_error for epoch in trainer]
        seconds = time.process_time() - begun
        trainer.finish()
        network, std = trainer.network, data.scaler.std
        along = along_lines(predict_standardised(network, lines)[0])
        rough = {"roughness": std * roughness(along)} if len(along) else {}
        return {
            "key": f"{table}/{arm}/{seed}",
            "table": table,
            "arm": arm,
            "seed": seed,
            "val_mae": min(errors),
            "last_val_mae": errors[-1],
            "median_mae": data.constant_error,
            "epochs": epochs,
            "rows": data.train.size,
            "asked_seconds": self.seconds,
            "seconds": round(seconds, 2),
            "parameters": network.parameter_count,
            "order_gap": std * order_gap(network, data.val, seed),
            **rough,
        }

    def _epochs(self, architecture: Architecture, data: TrainingData) -> int:
        """Epochs that fit; the second and third one of a throw-away training tell."""
        trainer = iter(_trainer(architecture, data, replace(RECIPES["default"], epochs=4), 0))
        next(trainer)
        begun = time.process_time()
        next(trainer)
        next(trainer)
        return max(4, round(self.seconds / ((time.process_time() - begun) / 2)))


def _trainer(architecture: Architecture, data: TrainingData, recipe: Recipe, seed: int) -> Trainer:
    vectors = element_vectors(architecture.element_vectors)
    network = fresh_network(architecture, vectors, seed)
    return Trainer(network, data, recipe, training_seed(seed))


def print_table(records: dict[str, dict[str, Any]], outputs: bool) -> None:
    """Validation error against the base's in percent, by table and as geometric mean over all.

    Roughness and order gap are in percent of the network's own error, medians over tables.
    """
    arms, base = (OUTPUTS, MESSAGE_BASE) if outputs else (ARMS, BASE)
    known = SPIKES_AND_TAILS if outputs else TABLES
    tables = [t for t in known if any(r["table"] == t for r in records.values())]
    print(f"| arm | all | better on | {' | '.join(tables)} | roughness | order gap |")
    print("|---|---:|---:|" + "---:|" * (len(tables) + 2))
    rows = []
    for arm in arms:
        logs = {table: log for table in tables if (log := _log_ratio(records, arm, base, table))}
        if logs:
            means = {table: float(np.mean(log)) for table, log in logs.items()}
            # a mean over fewer tables would stand beside those over all
            mean = float(np.mean(list(means.values()))) if len(means) == len(tables) else np.inf
            rows.append((mean, arm, means))
    for mean, arm, means in sorted(rows):
        cells = [f"{100 * np.expm1(means[t]):+.1f}" if t in means else "" for t in tables]
        better = f"{sum(m < 0 for m in means.values())} of {len(means)}"
        cells += [_share(records, arm, name) for name in ("roughness", "order_gap")]
        over_all = f"{100 * np.expm1(mean):+.1f}" if np.isfinite(mean) else ""
        print(f"| {arm} | {over_all} | {better} | {' | '.join(cells)} |")


def _share(records: dict[str, dict[str, Any]], arm: str, of: str) -> str:
    shares = [r[of] / r["val_mae"] for r in records.values() if r["arm"] == arm and of in r]
    return f"{np.median(shares):.1%}" if shares else ""


def _log_ratio(records: dict[str, dict[str, Any]], arm: str, base: str, table: str) -> list[float]:
    """log(error / error of the base) for the seeds that both have."""
    pairs = [
        (records.get(f"{table}/{arm}/{seed}"), records.get(f"{table}/{base}/{seed}"))
        for seed in range(SEEDS)
    ]
    return [float(np.log(a["val_mae"] / b["val_mae"])) for a, b in pairs if a and b]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="holds extended/ and matbench/")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the processor, a training")
    parser.add_argument(
        "--outputs", action="store_true", help="compare outputs on targets with spikes and tails"
    )
    parser.add_argument("--table", action="store_true", help="print what there is, train nothing")
    given = parser.parse_args()
    ledger = Ledger(given.output)
    records = ledger.by_key()
    if given.table:
        print_table(records, given.outputs)
        return
    if any(r["asked_seconds"] != given.seconds for r in records.values()):
        parser.error(f"{given.output} holds trainings of other seconds; name another file")
    torch.set_num_threads(1)
    laboratory = Laboratory(given.data, given.seconds)
    for arm, table, seed in dict.fromkeys(planned(given.outputs)):
        key = f"{table}/{arm}/{seed}"
        if key in records:
            continue
        other = records.get(f"{table}/{arm}/0", {})
        records[key] = laboratory.measure(arm, table, seed, other.get("epochs"))
        ledger.add(records[key])
        print(f"{key}: {records[key]['val_mae']:.4g} ({records[key]['seconds']:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
