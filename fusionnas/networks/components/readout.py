"""Readouts: from the element feature matrix (B, n, d) to a prediction and its uncertainty.

Each returns `contributions` (B, n), which sum to the prediction of a compound, and `log_scale`
(B,), the logarithm of the Laplace scale; both in units of the standardised target. With H heads,
for several values of one compound, both have a last axis of H.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import Choice, component

LOG_SCALE_BOUND = 10.0


class PostNetwork(nn.Module):
    """Four linear layers with LeakyReLU and shortcuts, then an output layer.

    This is the residual network of CrabNet, with widths 2d, d, d/2 and d/4 (1024 to 128 at width
    512). Where the width changes, the shortcut is a linear layer without bias.
    """

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        widths = [width, 2 * width, width, width // 2, width // 4]
        pairs = list(pairwise(widths))
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairs)
        self.shortcuts = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in pairs)
        self.out = nn.Linear(widths[-1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        for layer, shortcut in zip(self.layers, self.shortcuts, strict=True):
            x = F.leaky_relu(layer(x)) + shortcut(x)
        return self.out(x)


def _head(width: int, outputs: int, post: bool) -> nn.Module:
    return PostNetwork(width, outputs) if post else nn.Linear(width, outputs)


def _of_heads(x: Tensor, heads: int) -> tuple[Tensor, ...]:
    """What each of H heads reads of a layer's outputs (B, n, K H): K tensors, (B, n) for one head
    and (B, n, H) for several."""
    return x.unbind(-1) if heads == 1 else x.unflatten(-1, (-1, heads)).unbind(-2)


def _mean_log_scale(s: Tensor) -> Tensor:
    return s.mean(dim=1).clamp(-LOG_SCALE_BOUND, LOG_SCALE_BOUND)


class Readout(nn.Module):
    """A readout whose last layer gives each of H heads its value, log-scale, and gate if any."""

    heads: int
    linear: nn.Module

    def of_heads(self, places: Sequence[int]) -> Readout:
        """This readout with some of its heads, in this order; its weights are copies."""
        one = copy.deepcopy(self)
        one.heads = len(places)
        last = one.linear.out if isinstance(one.linear, PostNetwork) else one.linear
        assert isinstance(last, nn.Linear)
        quantities = range(0, last.out_features, self.heads)
        rows = [first + place for first in quantities for place in places]
        last.weight, last.bias = (
            nn.Parameter(weights.detach()[rows].clone()) for weights in (last.weight, last.bias)
        )
        last.out_features = len(rows)
        return one


@component(
    "gated_mean",
    family="readout",
    source="CrabNet: Wang et al., npj Comput. Mater. 7 (2021) 77",
    equivariant=True,
)
class GatedMean(Readout):
    """Mean over elements of sigmoid(gate_i) p_i.

    `order` 'gate_first' gates each element, as in the published text; 'mean_first' multiplies the
    means of p and gate, as in the published code. `post` adds a network of four layers before the
    output.
    """

    def __init__(
        self,
        width: int,
        heads: int = 1,
        *,
        order: Annotated[str, Choice(("gate_first", "mean_first"))] = "gate_first",
        post: bool = False,
    ) -> None:
        super().__init__()
        self.gate_first = order == "gate_first"
        self.heads = heads
        self.linear = _head(width, 3 * heads, post)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        p, s, gate = _of_heads(self.linear(features), self.heads)
        if not self.gate_first:
            gate = gate.mean(dim=1, keepdim=True)
        return torch.sigmoid(gate) * p / p.shape[1], _mean_log_scale(s)


@component("mean", family="readout", source="Zaheer et al., NeurIPS 2017", equivariant=True)
class Mean(Readout):
    """Plain mean over elements."""

    def __init__(self, width: int, heads: int = 1, *, post: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.linear = _head(width, 2 * heads, post)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        p, s = _of_heads(self.linear(features), self.heads)
        return p / p.shape[1], _mean_log_scale(s)


@component(
    "attention_pool",
    family="readout",
    source="Roost: Goodall and Lee, Nat. Commun. 11 (2020) 6280, without fractions as weights",
    equivariant=True,
)
class AttentionPool(Readout):
    """Sum over elements of softmax(gate)_i p_i; the log-scale has the same weights."""

    def __init__(self, width: int, heads: int = 1, *, post: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.linear = _head(width, 3 * heads, post)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        p, s, gate = _of_heads(self.linear(features), self.heads)
        weight = torch.softmax(gate, dim=1)
        return weight * p, (weight * s).sum(dim=1).clamp(-LOG_SCALE_BOUND, LOG_SCALE_BOUND)
