"""The effects of mutations on a network, learned from pairs of finished trials.

The effect of a kind of mutation is the change of a quantity from a network to another one that
differs by this mutation alone. The quantity is the guidance at each threshold, or the logarithm of
the error. The prior expectation counts as much as five pairs.

Symbols: K is the number of components of the quantity; changes have the shape (K,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PRIOR_PAIRS = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """The estimated effect of a kind of mutation."""

    mean: np.ndarray  # (K,)
    weight: int  # number of pairs behind the mean, including those of the prior

    @property
    def pairs(self) -> int:
        """Number of pairs of this kind in this study."""
        return self.weight - PRIOR_PAIRS


@dataclass(slots=True)
class _Seen:
    """Sums over the changes of one kind."""

    pairs: int
    total: np.ndarray  # (K,)
    products: np.ndarray  # (K, K), sum of the outer products


class Effects:
    """The changes in all pairs, by kind of mutation."""

    def __init__(self, components: int, spread: float) -> None:
        """
        Args:
            components: the number K of components.
            spread: standard deviation of a single pair's change, used until there are enough pairs.
        """
        self.components = components
        self.spread = spread
        self.seen: dict[str, _Seen] = {}

    def add(self, kind: str, change: np.ndarray) -> None:
        """Add a pair of networks that differ by a mutation of this kind; `change` is (K,)."""
        seen = self._of(kind)
        seen.pairs += 1
        seen.total += change
        seen.products += np.outer(change, change)
        self.seen[kind] = seen

    def of(self, kind: str, expected: float) -> Effect:
        """The effect of a kind; `expected` is its value before any pair was seen."""
        seen = self._of(kind)
        weight = PRIOR_PAIRS + seen.pairs
        return Effect((PRIOR_PAIRS * expected + seen.total) / weight, weight)

    def draw(self, believed: Sequence[Effect], rng: np.random.Generator) -> np.ndarray:
        """Mean changes (N, K), each drawn from the estimated distribution of its effect."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))  # root @ root.T is the covariance
        scatter = rng.normal(size=(len(believed), self.components)) @ root.T
        scatter /= np.sqrt([[effect.weight] for effect in believed])
        return np.array([effect.mean for effect in believed]) + scatter

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of a single pair's change about the mean of its kind, (K, K), pooled over
        kinds.

        Until there are enough pairs, a change is assumed to move all components alike.
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
