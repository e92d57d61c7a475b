"""Outputs: from the readout to the prediction, for targets with a spike or long tails.

Symbols: B compounds of n elements each, d channels of a feature. The readout gives contributions c
(B, n), whose sum is u, and a log-scale s (B,). An output turns them into contributions to the
prediction z and its log-scale, in units of the standardised target y, and defines what a training
minimises. It is fitted to the targets of the training part before the first step, and the result is
stored with the weights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import component

SPIKE = 0.1  # smallest share of targets with the same value for which a hurdle is tried
# share of the total distance from the median in the farthest hundredth; 6% for exponential tails
LONG_TAIL = 0.1
# error and log-scale (B,), as for losses, and a term to add to the loss of each compound
Residuals = tuple[Tensor, Tensor, Tensor | None]


class Output(nn.Module):
    """The prediction is the sum of the contributions, in units of the standardised target."""

    @classmethod
    def suits(cls, targets: np.ndarray) -> str | None:
        """The reason to try this output for targets (N,), in words; None if there is none."""
        return "any target"

    def fit(self, targets: Tensor) -> None:
        """Fit to the standardised targets (N,) of the training part."""

    def forward(
        self, features: Tensor, contributions: Tensor, log_scale: Tensor
    ) -> tuple[Tensor, Tensor]:
        """features (B, n, d); contributions (B, n) and log-scale (B,) of the prediction."""
        return contributions, log_scale

    def residuals(
        self, features: Tensor, contributions: Tensor, log_scale: Tensor, target: Tensor
    ) -> Residuals:
        """The quantities to minimise for standardised targets (B,)."""
        return contributions.sum(dim=1) - target, log_scale, None


@component("none", family="output", source="a linear output", equivariant=True)
class LinearOutput(Output):
    """The sum of the contributions, unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()


@component(
    "asinh",
    family="output",
    source="Burbidge et al., J. Am. Stat. Assoc. 83 (1988) 123",
    equivariant=True,
)
class AsinhOutput(Output):
    """y = a + b sinh(r u + m): the error is minimised on a scale that is logarithmic in the tails.

    a is the median of the training targets and b their median distance from it; r and m standardise
    asinh((y - a) / b). The median of a compound's distribution is the same as on the plain scale,
    but a few far targets do not dominate. Predictions stay within e times the distance of the
    farthest training target from a.
    """

    place: Tensor  # a, b, r, m, and the lowest and highest r u + m

    @classmethod
    def suits(cls, targets: np.ndarray) -> str | None:
        _, share = most_frequent(targets)
        distance = np.sort(np.abs(targets - np.median(targets)))
        if share >= SPIKE or not distance[-1]:
            return None
        farthest = distance[-max(1, len(distance) // 100) :].sum() / distance.sum()
        if farthest < LONG_TAIL:
            return None
        return f"the farthest hundredth holds {farthest:.0%} of all distance from the median"

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("place", torch.tensor([0.0, 1.0, 1.0, 0.0, -8.0, 8.0]))

    def fit(self, targets: Tensor) -> None:
        y = targets.double()
        a = y.median()
        distance = (y - a).abs()
        b = distance.median()
        b = b if b > 0 else distance.mean()
        t = torch.asinh((y - a) / b) if b > 0 else y
        r = t.std(correction=0)
        fitted = [a, b if b > 0 else 1, r if r > 0 else 1, t.mean(), t.min() - 1, t.max() + 1]
        self.place.copy_(torch.tensor([float(value) for value in fitted]))

    def forward(
        self, features: Tensor, contributions: Tensor, log_scale: Tensor
    ) -> tuple[Tensor, Tensor]:
        a, b, r, m, low, high = self.place
        u, n = contributions.sum(dim=1), contributions.shape[1]
        t = (r * u + m).clamp(low, high)
        z, at_zero = a + b * torch.sinh(t), a + b * torch.sinh(m)
        # each contribution times the slope between u = 0 and u, so that their sum stays the
        # prediction
        tiny = u.abs() < 1e-3
        secant = (z - at_zero) / torch.where(tiny, torch.ones_like(u), u)
        slope = torch.where(tiny, b * r * torch.cosh(m), secant)
        parts = slope[:, None] * contributions + at_zero / n
        return parts, log_scale + torch.log(b * r * torch.cosh(t))

    def residuals(
        self, features: Tensor, contributions: Tensor, log_scale: Tensor, target: Tensor
    ) -> Residuals:
        a, b, r, m, _, _ = self.place
        own = (torch.asinh((target - a) / b) - m) / r
        return contributions.sum(dim=1) - own, log_scale, None


@component("hurdle", family="output", source="Cragg, Econometrica 39 (1971) 829", equivariant=True)
class HurdleOutput(Output):
    """The chance P of not being at the target's most frequent value, times the value otherwise.

    P reads the mean of the features, and the value is learned from the compounds that are not at
    the spike. With z0 the spike, the prediction is z0 + P (u - z0).
    """

    spike: Tensor  # z0

    @classmethod
    def suits(cls, targets: np.ndarray) -> str | None:
        spike, share = most_frequent(targets)
        return f"{share:.0%} of its values are {spike:g}" if share >= SPIKE else None

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("spike", torch.tensor(0.0))
        self.chance = nn.Linear(width, 1)

    def fit(self, targets: Tensor) -> None:
        values, counts = targets.unique(return_counts=True)
        self.spike.copy_(values[counts.argmax()])

    def forward(
        self, features: Tensor, contributions: Tensor, log_scale: Tensor
    ) -> tuple[Tensor, Tensor]:
        p = torch.sigmoid(self._logit(features))
        u, n = contributions.sum(dim=1), contributions.shape[1]
        parts = p[:, None] * (contributions - self.spike / n) + self.spike / n
        # of a mixture of a point and a distribution with standard deviation exp(s) around u
        variance = p * torch.exp(2 * log_scale) + p * (1 - p) * (u - self.spike) ** 2
        return parts, torch.log(variance + 1e-12) / 2

    def residuals(
        self, features: Tensor, contributions: Tensor, log_scale: Tensor, target: Tensor
    ) -> Residuals:
        away = (target - self.spike).abs() > 1e-6
        zero = torch.zeros_like(target)
        error = torch.where(away, contributions.sum(dim=1) - target, zero)
        wrong = F.binary_cross_entropy_with_logits(
            self._logit(features), away.to(features.dtype), reduction="none"
        )
        return error, torch.where(away, log_scale, zero), wrong

    def _logit(self, features: Tensor) -> Tensor:
        return self.chance(features.mean(dim=1))[:, 0]


def most_frequent(targets: np.ndarray) -> tuple[float, float]:
    """The most frequent value of targets (N,), and its share."""
    values, counts = np.unique(targets, return_counts=True)
    return float(values[counts.argmax()]), float(counts.max() / len(targets))
