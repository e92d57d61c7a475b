"""The prediction of one network or several: a Laplace distribution, or a mixture of them.

Symbols: K members, N compounds; w, m and d are a member's weight, value and standard deviation. A
network learns d too: the loss sqrt(2) |e| / d + log d is the negative log likelihood of a
Laplace distribution with standard deviation d.

Some properties have a lower bound: no gap and no modulus is below zero. Then no prediction and no
end of an interval is below it either, and the chance of a lower value is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fusionnas.errors import OptionError
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.statistics.combination import Combination, combine
from fusionnas.statistics.temperature import at_temperature

_HALVINGS = 40  # of an interval, for twelve digits of its ends


@dataclass(frozen=True, slots=True)
class Mixture:
    """The weighted mixture of the members' Laplace distributions; one member is a plain Laplace."""

    # (K, N), in the unit of the target; several classes or targets have a third axis
    values: np.ndarray
    deviations: np.ndarray  # standard deviations, in the same shape
    weights: np.ndarray | None = None  # (K,), with the sum 1; None if all are equal
    how: Combination = "mean"  # how the members' values are combined
    # of the property, in the unit of the target; of several targets (T,)
    lower_bound: float | np.ndarray = -math.inf
    temperature: float = 1.0  # of the combined value, which is a probability if this is not 1

    @property
    def shares(self) -> np.ndarray:
        """The members' weights, (K,)."""
        if self.weights is None:
            return np.full(len(self.values), 1 / len(self.values))
        return self.weights

    @property
    def value(self) -> np.ndarray:
        """The weighted mean or median of the members, (N,), raised to the lower bound."""
        if self.temperature != 1:
            return at_temperature(self._combined, self.temperature)
        return np.maximum(self._combined, self.lower_bound)

    @property
    def _combined(self) -> np.ndarray:
        return combine(self.values, self.shares, self.how)

    @property
    def aleatoric(self) -> np.ndarray:
        """The spread that the members expect in the data: root of their mean variance, (N,)."""
        return np.sqrt(combine(self.deviations**2, self.shares, "mean"))

    @property
    def epistemic(self) -> np.ndarray:
        """The members' disagreement, (N,): root mean square distance from their mean or median.

        If they are combined by their mean, this is their standard deviation.
        """
        return np.sqrt(combine((self.values - self._combined) ** 2, self.shares, "mean"))

    @property
    def uncertainty(self) -> np.ndarray:
        """The spread of the mixture around `value`: the root of both squares added, (N,)."""
        return np.hypot(self.aleatoric, self.epistemic)

    def take(self, rows: np.ndarray) -> Mixture:
        """The mixture for some compounds; `rows` is any NumPy index."""
        return replace(self, values=self.values[:, rows], deviations=self.deviations[:, rows])

    def of_target(self, place: int) -> Mixture:
        """The mixture for one of several targets."""
        return replace(
            self,
            values=self.values[..., place],
            deviations=self.deviations[..., place],
            lower_bound=float(np.asarray(self.lower_bound)[place]),
        )

    def of_class(self, code: int) -> Mixture:
        """The probability of one class, of a mixture of probabilities of classes."""
        p = of_each_class(self.value)[:, code]
        return Mixture(p[None], np.sqrt(p * (1 - p))[None])

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end, (N,) each; a value is below and above with equal probability.

        An end below the lower bound is raised to it.

        Args:
            level: probability of a value between them, such as 0.9.
        """
        return self.around(-math.log1p(-check_level(level)) / math.sqrt(2))

    def depth(self, y: float | np.ndarray) -> np.ndarray:
        """How far out a value lies in the distribution, (N,).

        It is the distance from the middle, in standard deviations, at which a Laplace distribution
        has the same tail beyond it. For one member this is |y - m| / d.
        """
        tail = np.minimum(*self._log_tails(y))
        return np.maximum(-tail - math.log(2), 0) / math.sqrt(2)

    def around(self, depth: float) -> tuple[np.ndarray, np.ndarray]:
        """The values below and above the middle that lie at a depth, (N,) each.

        They are between the members' own ends at this depth, and bisection finds them. The
        prediction is always between them, and neither is below the lower bound.
        """
        reach = self.deviations * depth
        lower, upper = (
            self._between(self.values + side * reach, depth, above=side > 0) for side in (-1, 1)
        )
        value = self.value
        return np.clip(lower, self.lower_bound, value), np.maximum(upper, value)

    def _between(self, own: np.ndarray, depth: float, above: bool) -> np.ndarray:
        """Where the tail on one side is that of a depth; `own` (K, N) are the members' places."""
        low, high = own.min(axis=0), own.max(axis=0)
        wanted = -math.sqrt(2) * depth - math.log(2)
        for _ in range(_HALVINGS if len(own) > 1 else 0):
            middle = (low + high) / 2
            outside = self._log_tails(middle)[above] < wanted
            too_low = outside != above
            low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
        return (low + high) / 2

    def distribution(self, y: float | np.ndarray) -> np.ndarray:
        """The probability of a value up to y, (N,)."""
        return np.where(y < self.lower_bound, 0.0, np.exp(self._log_tails(y)[0]))

    def _log_tails(self, y: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logarithms of the probabilities of a lower and of a higher value, (N,) each.

        Far out the probabilities are smaller than any number, and their logarithms are not.
        """
        z = math.sqrt(2) * (y - self.values) / self.deviations
        smaller = -np.abs(z) - math.log(2)
        larger = np.log1p(-np.exp(smaller))
        below, above = np.where(z < 0, smaller, larger), np.where(z < 0, larger, smaller)
        return self._log_mean(below), self._log_mean(above)

    def _log_mean(self, logarithms: np.ndarray) -> np.ndarray:
        """The logarithm of the members' weighted mean, (N,), of logarithms (K, N)."""
        most = logarithms.max(axis=0)
        return most + np.log(self.shares @ np.exp(logarithms - most))


def joined_targets(each: Sequence[Mixture]) -> Mixture:
    """The mixture for several targets, from that of each of the same members and compounds."""
    return replace(
        each[0],
        values=np.stack([one.values for one in each], axis=-1),
        deviations=np.stack([one.deviations for one in each], axis=-1),
        lower_bound=np.array([one.lower_bound for one in each]),
    )


def check_level(level: float) -> float:
    """`level`, or OptionError if it is not between 0 and 1."""
    if not 0 < level < 1:
        raise OptionError(
            f"The level of an interval must be between 0 and 1, such as 0.9, but got {level:g}."
        )
    return level
