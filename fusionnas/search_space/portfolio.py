"""First trials from experience: a few architectures of which one is good on most tables.

They were chosen greedily over the committed tables by regret, as Auto-sklearn 2.0 (Feurer et al.,
JMLR 23 (2022) 261) and TabRepo (Salinas and Erickson, AutoML 2024) choose theirs, and are kept as
data in portfolio.json, which `python -m benchmarks.table.portfolio` makes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.named import load_architecture

PORTFOLIO = "portfolio"  # its word among the names that a space begins with
FILE = Path(__file__).with_suffix(".json")


def named_or_portfolio(name: str) -> list[Architecture]:
    """The architectures that a word of a space's `warm_start` stands for."""
    return portfolio() if name == PORTFOLIO else [load_architecture(name)]


def portfolio() -> list[Architecture]:
    """The architectures, that first which alone is the best choice, named by their places."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["architectures"]
    return [
        replace(Architecture.from_dict(row["architecture"]), name=f"{PORTFOLIO} {place}")
        for place, row in enumerate(rows, start=1)
    ]
