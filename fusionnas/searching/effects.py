"""What mutations do to the guidance of a network, learned from pairs of finished trials.

The effect of a kind of mutation is the change of the guidance, threshold by threshold, from a
network to one that differs by it alone. Before any pair was seen, the expected effect has the sign
of the paper's reasoning and is the same at every threshold; that counts as much as five pairs.

Symbols: K thresholds that count; changes and guidance (K,) in units of the gap between references.
"""

from __future__ import annotations

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


@dataclass(slots=True)
class _Seen:
    """The changes of one kind, summed up."""

    pairs: int
    total: np.ndarray  # (K,)
    products: np.ndarray  # (K, K), sum of the outer products


class Effects:
    """The changes that pairs showed, by kind of mutation."""

    def __init__(self, thresholds: int) -> None:
        self.thresholds = thresholds
        self.seen: dict[str, _Seen] = {}

    def add(self, kind: str, change: np.ndarray) -> None:
        """A pair of networks that differ by a mutation of this kind; `change` is (K,)."""
        seen = self._of(kind)
        seen.pairs += 1
        seen.total += change
        seen.products += np.outer(change, change)
        self.seen[kind] = seen

    def of(self, kind: str, prior: int) -> Effect:
        """The effect of a kind, whose expected sign is `prior` (0 where nothing is known)."""
        seen = self._of(kind)
        weight = PRIOR_PAIRS + seen.pairs
        return Effect((PRIOR_PAIRS * PRIOR_CHANGE * prior + seen.total) / weight, weight)

    def draw(self, believed: Sequence[Effect], rng: np.random.Generator) -> np.ndarray:
        """Mean changes (N, K), each drawn from what is believed of its effect."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))  # times its transpose: the covariance
        scatter = rng.normal(size=(len(believed), self.thresholds)) @ root.T
        scatter /= np.sqrt([[effect.weight] for effect in believed])
        return np.array([effect.mean for effect in believed]) + scatter

    @property
    def covariance(self) -> np.ndarray:
        """Of one pair's change about its kind's mean, (K, K), pooled over kinds.

        Until pairs tell otherwise a change moves all thresholds alike.
        """
        products = np.full((self.thresholds,) * 2, PRIOR_PAIRS * PRIOR_SPREAD**2)
        freedom = PRIOR_PAIRS
        for seen in self.seen.values():
            products += seen.products - np.outer(seen.total, seen.total) / seen.pairs
            freedom += seen.pairs - 1
        return products / freedom

    def _of(self, kind: str) -> _Seen:
        none = _Seen(0, np.zeros(self.thresholds), np.zeros((self.thresholds,) * 2))
        return self.seen.get(kind, none)
