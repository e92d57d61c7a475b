"""Readouts: from the element feature matrix (B, n, d) to a prediction and its uncertainty.

Each returns `contributions` (B, n), which sum to the prediction of a compound, and `log_scale`
(B,), the logarithm of the Laplace scale; both in units of the standardised target.
"""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from fusionnas.components.registry import Choice, component

LOG_SCALE_BOUND = 10.0


def _mean_log_scale(s: Tensor) -> Tensor:
    return s.mean(dim=1).clamp(-LOG_SCALE_BOUND, LOG_SCALE_BOUND)


@component(
    "gated_mean",
    family="readout",
    source="CrabNet: Wang et al., npj Comput. Mater. 7 (2021) 77",
    equivariant=True,
)
class GatedMean(nn.Module):
    """Mean over elements of sigmoid(gate_i) p_i.

    `order` 'gate_first' gates each element, as the published text says; 'mean_first' takes the
    means of p and gate and multiplies those, as the published code does.
    """

    def __init__(
        self,
        width: int,
        *,
        order: Annotated[str, Choice(("gate_first", "mean_first"))] = "gate_first",
    ) -> None:
        super().__init__()
        self.gate_first = order == "gate_first"
        self.linear = nn.Linear(width, 3)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        p, s, gate = self.linear(features).unbind(-1)
        if not self.gate_first:
            gate = gate.mean(dim=1, keepdim=True)
        return torch.sigmoid(gate) * p / p.shape[1], _mean_log_scale(s)


@component("mean", family="readout", source="Zaheer et al., NeurIPS 2017", equivariant=True)
class Mean(nn.Module):
    """Plain mean over elements."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 2)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        p, s = self.linear(features).unbind(-1)
        return p / p.shape[1], _mean_log_scale(s)
