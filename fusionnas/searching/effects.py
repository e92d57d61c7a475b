"""What mutations do to a network, learned from pairs of finished trials.

The effect of a kind of mutation is the change of a quantity from a network to one that differs by
this mutation alone: of its guidance, threshold by threshold, or of the logarithm of its error. What
is expected before any pair was seen counts as much as five pairs.

Symbols: K components of the quantity; changes are (K,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PRIOR_PAIRS = 5


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

    def __init__(self, components: int, spread: float) -> None:
        """
        Args:
            components: K.
            spread: standard deviation of one pair's change, until pairs tell it.
        """
        self.components = components
        self.spread = spread
        self.seen: dict[str, _Seen] = {}

    def add(self, kind: str, change: np.ndarray) -> None:
        """A pair of networks that differ by a mutation of this kind; `change` is (K,)."""
        seen = self._of(kind)
        seen.pairs += 1
        seen.total += change
        seen.products += np.outer(change, change)
        self.seen[kind] = seen

    def of(self, kind: str, expected: float) -> Effect:
        """The effect of a kind, for which `expected` holds before any pair was seen."""
        seen = self._of(kind)
        weight = PRIOR_PAIRS + seen.pairs
        return Effect((PRIOR_PAIRS * expected + seen.total) / weight, weight)

    def draw(self, believed: Sequence[Effect], rng: np.random.Generator) -> np.ndarray:
        """Mean changes (N, K), each drawn from what is believed of its effect."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))  # times its transpose: the covariance
        scatter = rng.normal(size=(len(believed), self.components)) @ root.T
        scatter /= np.sqrt([[effect.weight] for effect in believed])
        return np.array([effect.mean for effect in believed]) + scatter

    @property
    def covariance(self) -> np.ndarray:
        """Of one pair's change about its kind's mean, (K, K), pooled over kinds.

        Until pairs tell otherwise a change moves all components alike.
        """
        products = np.full((self.components,) * 2, PRIOR_PAIRS * self.spread**2)
        freedom = PRIOR_PAIRS
        for seen in self.seen.values():
            products += seen.products - np.outer(seen.total, seen.total) / seen.pairs
            freedom += seen.pairs - 1
        return products / freedom

    def _of(self, kind: str) -> _Seen:
        none = _Seen(0, np.zeros(self.components), np.zeros((self.components,) * 2))
        return self.seen.get(kind, none)
