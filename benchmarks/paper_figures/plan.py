"""Which networks the figures need, as runs of `benchmarks/evidence/measure.py`."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "evidence"))

from design import Candidate, Run  # noqa: E402
from measure import Laboratory  # noqa: E402

from fusionnas.components import canonical  # noqa: E402
from fusionnas.named import load_architecture  # noqa: E402

__all__ = ["Laboratory", "runs"]

WIDTH, ROWS, EPOCHS, BATCH = 64, 12_000, 9, 128
SEEDS = (0, 1)
REFERENCES = ("lstm", "dcnn-k1")
DESIGN = ("ldcnn", "l-att-res-dcnn", "l-g-dcnn", "l-g-dcnn-v1", "crabnet")  # Figure 3
# Table 2 and Figure 7; its model 5 is l-g-dcnn-v2, its model 6 is ldcnn
ABLATION = ("l-g-dcnn", "l-g-dcnn-4b", "l-g-dcnn-6b", "model1", "model2", "model3", "model4",
            "l-g-dcnn-v2", "ldcnn", "crabnet")  # fmt: skip
BANDGAP = ("dcnn", "ldcnn", "l-g-dcnn", "crabnet")  # Figure 11
SIZES = (750, 1500, 3000, 6000, ROWS)  # Figure 5(b)
ABLATION_SETS = ("bartel_formation_enthalpy", "mp_energy_above_hull")
BANDGAP_SET = "oqmd_bandgap"


def epochs_for(rows: int) -> int:
    """As many steps as the largest training part takes in its epochs."""
    return EPOCHS * math.ceil(ROWS / BATCH) // math.ceil(rows / BATCH)


def runs() -> Iterator[Run]:
    both = dict.fromkeys((*REFERENCES, *DESIGN, *ABLATION))
    for name in dict.fromkeys((*REFERENCES, *BANDGAP)):
        yield from _of(name, BANDGAP_SET, ROWS)
    for rows in SIZES[:-1]:
        yield from _of("l-g-dcnn", BANDGAP_SET, rows)
    for data in ABLATION_SETS:
        for name in both:
            yield from _of(name, data, ROWS)


def _of(name: str, data: str, rows: int) -> Iterator[Run]:
    architecture = canonical(load_architecture(name).with_width(WIDTH))
    candidate = Candidate(f"{name}-w{WIDTH}", "figures", name, architecture)
    for seed in SEEDS:
        yield Run("figures", data, candidate, seed, epochs_for(rows), rows)
