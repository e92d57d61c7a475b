"""Effects of mutations on the error in tables of trained architectures, known before a study.

The effect of a kind of mutation is the change of the logarithm of the validation MAE, so that
targets of any scale can be combined. `python -m benchmarks.table.effects` makes error_effects.json.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Experience:
    """Effects that tables of trained architectures showed before a study."""

    means: Mapping[str, float]  # mean over tables for each kind of mutation
    spread: float  # standard deviation of a single pair's change about the mean of its kind

    @classmethod
    def read(cls, without: Collection[str] = ()) -> Experience:
        """Read all committed tables except those of the data sets `without`."""
        rows = [row for row in _stored() if row["data"] not in without]
        changes: dict[str, list[float]] = {}
        squares, freedom = 0.0, 0
        for row in rows:
            for kind, mean in row["kinds"].items():
                changes.setdefault(kind, []).append(mean)
            squares += row["freedom"] * row["spread"] ** 2
            freedom += row["freedom"]
        means = {kind: float(np.mean(values)) for kind, values in changes.items()}
        return cls(means, float(np.sqrt(squares / freedom)))


@cache
def _stored() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(FILE.read_text(encoding="utf-8"))["tables"])
