"""Which networks the figures need, as runs of `benchmarks/evidence/measure.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from benchmarks.evidence.design import Candidate, Run
from fusionnas.networks.canonical import canonical
from fusionnas.networks.named import load_architecture

HERE = Path(__file__).parent
WIDTH, ROWS, EPOCHS, BATCH = 64, 12_000, 9, 128
SEEDS = (0, 1, 2)
REFERENCES = ("lstm", "dcnn-k1")
DESIGN = ("ldcnn", "l-att-res-dcnn", "l-g-dcnn", "l-g-dcnn-v1", "crabnet")  # Figure 3
# Table 2 and Figure 7; its model 5 is l-g-dcnn-v2, its model 6 is ldcnn
ABLATION = (
    "l-g-dcnn",
    "l-g-dcnn-4b",
    "l-g-dcnn-6b",
    "model1",
    "model2",
    "model3",
    "model4",
    "l-g-dcnn-v2",
    "ldcnn",
    "crabnet",
)
BANDGAP = ("dcnn", "ldcnn", "l-g-dcnn", "crabnet")  # Figure 11
# as the paper has it, in two panels: the networks of its curves, and the rest of Table 2
CURVES = ("l-g-dcnn", "l-g-dcnn-6b", "model2", "model3", "l-g-dcnn-v2", "ldcnn")
OTHERS = ("l-g-dcnn", "l-g-dcnn-4b", "model1", "model4", "crabnet")
SIZES = (750, 1500, 3000, 6000, ROWS)  # Figure 5(b)
SIZE_NETWORKS = ("l-g-dcnn", *REFERENCES)
ABLATION_SETS = ("bartel_formation_enthalpy", "mp_energy_above_hull")
TITLES = {
    "bartel_formation_enthalpy": "formation enthalpy (Bartel)",
    "mp_energy_above_hull": "energy above hull (MP)",
    "oqmd_bandgap": "band gap (OQMD)",
}
LABELS = {
    "lstm": "LSTM",
    "dcnn-k1": "DCNN-K1",
    "dcnn": "DCNN",
    "ldcnn": "LDCNN (Model 6)",
    "l-att-res-dcnn": "L-ATT-RES-DCNN",
    "l-g-dcnn": "L-G-DCNN (2B)",
    "l-g-dcnn-4b": "L-G-DCNN 4B",
    "l-g-dcnn-6b": "L-G-DCNN 6B",
    "l-g-dcnn-v1": "L-G-DCNN-V1",
    "l-g-dcnn-v2": "L-G-DCNN-V2 (Model 5)",
    "model1": "Model 1",
    "model2": "Model 2",
    "model3": "Model 3",
    "model4": "Model 4",
    "crabnet": "CrabNet",
}
BANDGAP_SET = "oqmd_bandgap"
SIZE_SETS = (BANDGAP_SET, "bartel_formation_enthalpy")  # the paper's is the first


def epochs_for(rows: int) -> int:
    """As many steps as the largest training part takes in its epochs."""
    return EPOCHS * math.ceil(ROWS / BATCH) // math.ceil(rows / BATCH)


def runs() -> Iterator[Run]:
    """All runs, each seed whole before the next."""
    both = dict.fromkeys((*REFERENCES, *DESIGN, *ABLATION))
    for seed in SEEDS:
        for name in (*REFERENCES, *BANDGAP):
            yield _run(name, BANDGAP_SET, ROWS, seed)
        for data, rows, name in product(SIZE_SETS, SIZES[:-1], SIZE_NETWORKS):
            yield _run(name, data, rows, seed)
        for data, name in product(ABLATION_SETS, both):
            yield _run(name, data, ROWS, seed)


def _run(name: str, data: str, rows: int, seed: int) -> Run:
    architecture = canonical(load_architecture(name).with_width(WIDTH))
    candidate = Candidate(f"{name}-w{WIDTH}", "figures", name, architecture)
    return Run("figures", data, candidate, seed, epochs_for(rows), rows)
