"""What mutations do to the error of a network, learned from pairs that differ by one of them.

The effect of a kind of mutation is the change of the logarithm of the validation MAE, so that
targets of any scale go together. Before a study has shown any pair, what is believed of a kind is
its mean over the committed tables (error_effects.json, made by
`python -m benchmarks.table.effects`), which counts as much as five pairs of the study.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_suffix(".json")
PRIOR_PAIRS = 5


@dataclass(frozen=True, slots=True)
class ErrorEffect:
    """What is believed of a kind of mutation."""

    mean: float  # change of ln(validation MAE)
    weight: int  # pairs that it rests on, those of the prior among them

    @property
    def pairs(self) -> int:
        """Seen of it in this study."""
        return self.weight - PRIOR_PAIRS


@dataclass(frozen=True, slots=True)
class Experience:
    """What tables of trained architectures showed before a study."""

    means: Mapping[str, float]  # by kind of mutation; the mean over tables
    spread: float  # standard deviation of one pair's change about its kind's mean

    @classmethod
    def read(cls, without: Collection[str] = ()) -> Experience:
        """Of all committed tables except those of the data sets `without`."""
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


class ErrorEffects:
    """The changes that pairs of a study showed, by kind of mutation."""

    def __init__(self, experience: Experience) -> None:
        self.experience = experience
        self.seen: dict[str, list[float]] = {}  # pairs, and the sum of their changes
        self.squares = 0.0  # of all changes

    def add(self, kind: str, change: float) -> None:
        """A pair of networks that differ by a mutation of this kind."""
        seen = self.seen.setdefault(kind, [0, 0.0])
        seen[0] += 1
        seen[1] += change
        self.squares += change * change

    def of(self, kind: str) -> ErrorEffect:
        """The effect of a kind; no change is expected of one that nobody has seen."""
        pairs, total = self.seen.get(kind, (0, 0.0))
        weight = PRIOR_PAIRS + int(pairs)
        prior = PRIOR_PAIRS * self.experience.means.get(kind, 0.0)
        return ErrorEffect((prior + total) / weight, weight)

    def draw(self, believed: Sequence[ErrorEffect], rng: np.random.Generator) -> np.ndarray:
        """Mean changes (N,), each drawn from what is believed of its effect."""
        means = np.array([effect.mean for effect in believed])
        weights = np.array([effect.weight for effect in believed])
        return means + self.spread * rng.normal(size=len(believed)) / np.sqrt(weights)

    @property
    def spread(self) -> float:
        """Standard deviation of one pair's change about its kind's mean, pooled over kinds."""
        left = self.squares - sum(total * total / pairs for pairs, total in self.seen.values())
        freedom = sum(pairs - 1 for pairs, _ in self.seen.values())
        prior = PRIOR_PAIRS * self.experience.spread**2
        return float(np.sqrt((prior + max(0.0, left)) / (PRIOR_PAIRS + freedom)))


@cache
def _stored() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(FILE.read_text(encoding="utf-8"))["tables"])
