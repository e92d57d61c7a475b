"""Residual connections around a stage: how its input x joins its output h, both (B, n, d)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusionnas.networks.components.registry import component


@component("none", family="residual", source="no connection", equivariant=True)
class NoResidual(nn.Module):
    """h alone."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return h


@component("identity", family="residual", source="He et al., CVPR 2016, 770", equivariant=True)
class IdentityResidual(nn.Module):
    """x + h."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return x + h


@component(
    "gated", family="residual", source="Srivastava et al., Highway networks, 2015", equivariant=True
)
class GatedResidual(nn.Module):
    """g h + (1 - g) x, g = sigmoid(W x + b) for each channel; b starts at 0."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        nn.init.zeros_(self.gate.bias)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        # not torch.lerp, which needs equal types; autocast gives mixed ones
        return x + torch.sigmoid(self.gate(x)) * (h - x)


@component("dense", family="residual", source="Huang et al., CVPR 2017, 4700", equivariant=True)
class DenseResidual(nn.Module):
    """A linear layer over x and h side by side, back to d channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.join = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.join(torch.cat([x, h], dim=-1))
