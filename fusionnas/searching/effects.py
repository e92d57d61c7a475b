"""What mutations do to the guidance of a network, learned from pairs of finished trials.

The effect of a kind of mutation is the change of the guidance, threshold by threshold, from a
network to one that differs by it alone. Before any pair was seen, the expected effect has the sign
of the paper's reasoning and is the same at every threshold; that counts as much as five pairs.

Symbols: K thresholds that count; changes and guidance (K,) in units of the gap between references.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PRIOR_PAIRS = 5
# A quarter of the way between the references. Where all eight thresholds count, the global one lies
# on average a quarter of the gap below the centre of the band (w, which rises from 0 to 0.5), and
# the local one three quarters above it (1 - w).
PRIOR_CHANGE = 0.25
PRIOR_SPREAD = 0.3  # standard deviation of one pair's change, until pairs tell it


@dataclass(frozen=True, slots=True)
class Effect:
    """What is believed of a kind of mutation."""

    mean: np.ndarray  # (K,)
    weight: int  # pairs that the mean rests on, those of the prior among them

    @property
    def pairs(self) -> int:
        """Seen of it in this study."""
        return self.weight - PRIOR_PAIRS


class Effects:
    """The changes that pairs showed, by kind of mutation."""

    def __init__(self, thresholds: int) -> None:
        self.thresholds = thresholds
        self.changes: dict[str, list[np.ndarray]] = {}

    def add(self, kind: str, change: np.ndarray) -> None:
        """A pair of networks that differ by a mutation of this kind; `change` is (K,)."""
        self.changes.setdefault(kind, []).append(change)

    def of(self, kind: str, prior: int) -> Effect:
        """The effect of a kind, whose expected sign is `prior` (0 where nothing is known)."""
        seen = self.changes.get(kind, [])
        weight = PRIOR_PAIRS + len(seen)
        start = np.full(self.thresholds, PRIOR_PAIRS * PRIOR_CHANGE * prior)
        return Effect(np.sum([start, *seen], axis=0) / weight, weight)

    def draw(self, believed: Sequence[Effect], rng: np.random.Generator) -> np.ndarray:
        """Mean changes (N, K), each drawn from what is believed of its effect."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))  # (K, K), its product with itself is that
        scatter = rng.normal(size=(len(believed), self.thresholds)) @ root.T
        return np.array(
            [e.mean + s / math.sqrt(e.weight) for e, s in zip(believed, scatter, strict=True)]
        )

    @property
    def covariance(self) -> np.ndarray:
        """Of one pair's change about its kind's mean, (K, K), pooled over kinds.

        Until pairs tell otherwise a change moves all thresholds alike.
        """
        products = np.full((self.thresholds,) * 2, PRIOR_PAIRS * PRIOR_SPREAD**2)
        freedom = PRIOR_PAIRS
        for seen in self.changes.values():
            if len(seen) > 1:
                off = np.array(seen) - np.mean(seen, axis=0)
                products += off.T @ off
                freedom += len(seen) - 1
        return products / freedom
