"""The prediction of one network or several: a Laplace distribution, or a mixture of them.

Symbols: K members, N compounds; w, m and d are a member's weight, value and standard deviation. A
network learns d too: the loss sqrt(2) |e| / d + log d is the negative log likelihood of a
Laplace distribution with standard deviation d.

Some properties have a lower bound: no gap and no modulus is below zero. Then no prediction and no
end of an interval is below it either, and the chance of a lower value is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fusionnas.errors import OptionError
from fusionnas.statistics.combination import Combination, combine

_HALVINGS = 50  # of an interval, until its ends are neighbours in float64


@dataclass(frozen=True, slots=True)
class Mixture:
    """The weighted mixture of the members' Laplace distributions; one member is a plain Laplace."""

    values: np.ndarray  # (K, N), in the unit of the target
    deviations: np.ndarray  # (K, N), standard deviations
    weights: np.ndarray | None = None  # (K,), with the sum 1; None if all are equal
    how: Combination = "mean"  # how the members' values are combined
    lower_bound: float = -math.inf  # of the property, in the unit of the target

    @property
    def shares(self) -> np.ndarray:
        """The members' weights, (K,)."""
        if self.weights is None:
            return np.full(len(self.values), 1 / len(self.values))
        return self.weights

    @property
    def value(self) -> np.ndarray:
        """The weighted mean or median of the members, (N,), raised to the lower bound."""
        return np.maximum(self._combined, self.lower_bound)

    @property
    def _combined(self) -> np.ndarray:
        return combine(self.values, self.shares, self.how)

    @property
    def aleatoric(self) -> np.ndarray:
        """The spread that the members expect in the data: root of their mean variance, (N,)."""
        return np.sqrt(self.shares @ self.deviations**2)

    @property
    def epistemic(self) -> np.ndarray:
        """The members' disagreement, (N,): root mean square distance from their mean or median.

        If they are combined by their mean, this is their standard deviation.
        """
        return np.sqrt(self.shares @ (self.values - self._combined) ** 2)

    @property
    def uncertainty(self) -> np.ndarray:
        """The spread of the mixture around `value`: the root of both squares added, (N,)."""
        return np.hypot(self.aleatoric, self.epistemic)

    def take(self, rows: np.ndarray) -> Mixture:
        """The mixture for some compounds; `rows` is any NumPy index."""
        return replace(self, values=self.values[:, rows], deviations=self.deviations[:, rows])

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end, (N,) each; a value is below and above with equal probability.

        An end below the lower bound is raised to it.

        Args:
            level: probability of a value between them, such as 0.9.
        """
        tail = (1 - check_level(level)) / 2
        low, high = self._quantile(tail), self._quantile(1 - tail)
        return np.maximum(low, self.lower_bound), np.maximum(high, self.lower_bound)

    def _quantile(self, share: float) -> np.ndarray:
        """The value where the mixture's distribution function is `share`.

        It is between the lowest and the highest quantile of the members; bisection finds it.
        """
        own = self.values + self.deviations * _laplace_quantile(share)
        low, high = own.min(axis=0), own.max(axis=0)
        for _ in range(_HALVINGS if len(own) > 1 else 0):
            middle = (low + high) / 2
            below = self._unbounded(middle) < share
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def distribution(self, y: float | np.ndarray) -> np.ndarray:
        """The probability of a value up to y, (N,)."""
        return np.where(y < self.lower_bound, 0.0, self._unbounded(y))

    def _unbounded(self, y: float | np.ndarray) -> np.ndarray:
        z = np.sqrt(2) * (y - self.values) / self.deviations
        tail = np.exp(-np.abs(z)) / 2
        return self.shares @ np.where(z < 0, tail, 1 - tail)


def check_level(level: float) -> float:
    """`level`, or OptionError if it is not between 0 and 1."""
    if not 0 < level < 1:
        raise OptionError(
            f"The level of an interval must be between 0 and 1, such as 0.9, but got {level:g}."
        )
    return level


def _laplace_quantile(share: float) -> float:
    """A quantile of the Laplace distribution with mean 0 and standard deviation 1."""
    sign = -1 if share < 0.5 else 1
    return float(-sign * np.log(2 * min(share, 1 - share)) / np.sqrt(2))
