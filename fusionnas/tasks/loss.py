"""Losses of a regression, on the standardised target.

Symbols: e = prediction - target and s = log-scale, both (B,). Each loss has a value for each row,
(B,), and `mean_loss` is what a training minimises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # tables and reports know the task, and need no torch
    from torch import Tensor

Loss = Callable[["Tensor", "Tensor"], "Tensor"]  # of error and log-scale, (B,) to (B,)


def robust_l1(error: Tensor, log_scale: Tensor) -> Tensor:
    """sqrt(2) |e| exp(-s) + s, the negative log likelihood of a Laplace distribution.

    Collapses on targets with many equal values: the scale shrinks around the median, and hard
    rows stop pulling. It belongs to the published recipe.
    """
    return math.sqrt(2) * error.abs() * (-log_scale).exp() + log_scale


def scaled_l1(error: Tensor, log_scale: Tensor) -> Tensor:
    """The robust L1 loss times exp(s), the factor held constant in the gradient.

    The prediction then has the gradient of the plain L1 loss, whatever the scale, and the scale is
    still learned: the beta-NLL of Seitzer et al. (ICLR 2022) for a Laplace distribution. Not the
    plain L1 loss, whose value does not depend on s.
    """
    scale = log_scale.detach().exp()
    return scale * (math.sqrt(2) * error.abs() * (-log_scale).exp() + log_scale)


def mean_loss(rows: Tensor, weight: Tensor | None) -> Tensor:
    """The mean of the losses of rows (B,), each times its weight (B,) if there are weights.

    Weights have a mean of 1 over the training part, not over the rows of a step: a step of light
    rows moves the network little.
    """
    return rows.mean() if weight is None else (weight * rows).mean()


LOSSES: Mapping[str, Loss] = {"robust_l1": robust_l1, "scaled_l1": scaled_l1}
