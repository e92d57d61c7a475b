"""Descriptors: information on the whole formula for the readout, beside the element features.

Symbols: B compounds of n elements each, d channels of a feature, c channels of an element vector v,
fractions x (B, n) that sum to 1. A descriptor adds the same d channels to the features of every
element of a compound, so that the readout still gives a contribution of each element.
"""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import Depth, Range, component
from fusionnas.networks.inputs import Inputs

STATISTICS = 5


@component("none", family="descriptor", source="no descriptor", equivariant=True)
class NoDescriptor(nn.Module):
    """The features, unchanged."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()

    def forward(self, features: Tensor, inputs: Inputs, vectors: Tensor) -> Tensor:
        return features


@component(
    "statistics",
    family="descriptor",
    source="Ward et al., npj Comput. Mater. 2 (2016) 16028",
    equivariant=True,
)
class Statistics(nn.Module):
    """Mean, deviation, minimum, maximum and range of element vectors, through a small network.

    Trees read the same statistics. Mean and mean absolute deviation are weighted by fractions; the
    others are over the elements of the compound. For a single element the deviation and the range
    are zero. With one of `layers` the network is linear.
    """

    def __init__(
        self, width: int, channels: int, *, layers: Annotated[int, Range(1, 3), Depth()] = 2
    ) -> None:
        super().__init__()
        sizes = [STATISTICS * channels, *[width] * layers]
        self.layers = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))

    def forward(self, features: Tensor, inputs: Inputs, vectors: Tensor) -> Tensor:
        """features (B, n, d) and vectors (119, c) to (B, n, d)."""
        h = statistics(F.embedding(inputs.numbers, vectors), inputs.fractions)
        for place, layer in enumerate(self.layers):
            h = layer(F.gelu(h) if place else h)
        return features + h[:, None]


def statistics(v: Tensor, fractions: Tensor) -> Tensor:
    """Mean, deviation, minimum, maximum and range of v (B, n, c) as (B, 5 c)."""
    x = fractions.to(v.dtype)[:, :, None]
    mean = (x * v).sum(dim=1)
    deviation = (x * (v - mean[:, None]).abs()).sum(dim=1)
    low, high = v.amin(dim=1), v.amax(dim=1)
    return torch.cat([mean, deviation, low, high, high - low], dim=-1)
