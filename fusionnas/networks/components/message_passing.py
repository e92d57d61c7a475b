"""Global components that treat a formula as a fully connected graph of its elements.

Shapes: B compounds of n elements each, d channels, H heads; (B, n, d) in and out.
"""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import Depth, DividesWidth, Range, component


@component(
    "message_passing",
    family="global",
    source="Roost: Goodall and Lee, Nat. Commun. 11 (2020) 6280; Finder: Ihalage and Hao, "
    "Adv. Sci. 9 (2022) 2200164",
    equivariant=True,
)
class MessagePassing(nn.Module):
    """Messages between all pairs of elements, weighted by a soft attention times the fraction.

    For each pair (i, j) a network of both elements gives a message and a score in each head.
    Element i adds the mean of the messages to itself, with weights x_j^p exp(score) and a trained
    power p. Each network has one hidden layer; Roost has one of 256 channels for each head.
    """

    def __init__(
        self,
        width: int,
        *,
        layers: Annotated[int, Range(1, 4), Depth()] = 2,
        heads: Annotated[int, Range(1, 8), DividesWidth()] = 2,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.ends = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(layers))
        self.messages = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.scores = nn.ModuleList(nn.Linear(width, heads, bias=False) for _ in range(layers))
        self.powers = nn.Parameter(torch.ones(layers, heads))

    def forward(self, x: Tensor, fractions: Tensor) -> Tensor:
        log_fractions = fractions.log().to(x.dtype)[:, None, :, None]  # (B, 1, n, 1)
        for ends, message, score, power in zip(
            self.ends, self.messages, self.scores, self.powers, strict=True
        ):
            receiver, sender = ends(x).chunk(2, dim=-1)
            pair = F.leaky_relu(receiver[:, :, None] + sender[:, None])  # (B, n, n, d)
            weight = torch.softmax(score(pair) + power * log_fractions, dim=2)  # (B, n, n, H)
            parts = message(pair).unflatten(-1, (self.heads, -1))  # (B, n, n, H, d / H)
            x = x + (weight[..., None] * parts).sum(dim=2).flatten(-2)
        return x


@component(
    "gated_mixer",
    family="global",
    source="after gMLP: Liu et al., NeurIPS 2021, 9204, and Deep Sets: Zaheer et al., NeurIPS 2017",
    equivariant=True,
)
class GatedMixer(nn.Module):
    """A gated MLP: half of the channels, averaged over the formula, gate the other half.

    gMLP mixes positions with a matrix of fixed size. Compounds have no fixed size, so the mean over
    elements, weighted by fractions, is used instead.
    """

    def __init__(
        self,
        width: int,
        *,
        layers: Annotated[int, Range(1, 4), Depth()] = 2,
        expansion: Annotated[int, Range(1, 4)] = 2,
    ) -> None:
        super().__init__()
        inner = expansion * width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.up = nn.ModuleList(nn.Linear(width, 2 * inner) for _ in range(layers))
        self.mix = nn.ModuleList(nn.Linear(2 * inner, inner) for _ in range(layers))
        self.down = nn.ModuleList(nn.Linear(inner, width) for _ in range(layers))

    def forward(self, x: Tensor, fractions: Tensor) -> Tensor:
        weight = fractions.to(x.dtype)[:, :, None]
        for norm, up, mix, down in zip(self.norms, self.up, self.mix, self.down, strict=True):
            u, v = F.gelu(up(norm(x))).chunk(2, dim=-1)
            mean = (weight * v).sum(dim=1, keepdim=True).expand_as(v)
            x = x + down(u * torch.sigmoid(mix(torch.cat([v, mean], dim=-1))))
        return x
