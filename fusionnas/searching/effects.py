"""What mutations do to the guidance of a network, learned from pairs of finished trials.

The effect of a kind of mutation is the change of the mean signed guidance from a network to one
that differs by it alone. Before any pair was seen, the expected effect has the sign of the paper's
reasoning and a quarter of the gap between the references; that counts as much as five pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PRIOR_PAIRS = 5
# of the gap: by construction each reference lies a quarter of it from the centre of the band
PRIOR_CHANGE = 0.25
PRIOR_SPREAD = 0.3  # standard deviation of one pair's change, until pairs tell it


@dataclass(frozen=True, slots=True)
class Effect:
    """What is believed of a kind of mutation."""

    mean: float  # change of the guidance, in gaps between the references
    deviation: float  # standard deviation of that mean
    pairs: int  # seen of it in this study


class Effects:
    """The changes that pairs showed, by kind of mutation."""

    def __init__(self) -> None:
        self.changes: dict[str, list[float]] = {}

    def add(self, kind: str, change: float) -> None:
        self.changes.setdefault(kind, []).append(change)

    def of(self, kind: str, prior: int) -> Effect:
        """The effect of a kind, whose expected sign is `prior` (0 where nothing is known)."""
        seen = self.changes.get(kind, [])
        weight = PRIOR_PAIRS + len(seen)
        mean = (PRIOR_PAIRS * PRIOR_CHANGE * prior + math.fsum(seen)) / weight
        return Effect(mean, self.spread / math.sqrt(weight), len(seen))

    @property
    def spread(self) -> float:
        """Standard deviation of one pair's change about its kind's mean, pooled over kinds."""
        squares, freedom = PRIOR_PAIRS * PRIOR_SPREAD**2, PRIOR_PAIRS
        for seen in self.changes.values():
            if len(seen) > 1:
                squares += float(np.var(seen)) * len(seen)
                freedom += len(seen) - 1
        return math.sqrt(squares / freedom)
