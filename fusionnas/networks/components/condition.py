"""Conditions beside the formula, such as a temperature: where they enter a network.

Symbols: B compounds of n elements each, d channels of a feature, C numbers of conditions
(`fusionnas.data.conditions`), which are zero at the mean of the training part. Where there are
none, as in a measurement of the latency, a network reads zeros. Each element keeps its features, so
that the readout still gives a contribution of each.
"""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from fusionnas.networks.components.registry import Range, component
from fusionnas.networks.inputs import Inputs

Channels = Annotated[int, Range(1, 4096)]  # C; a training fills it in from the data


class Condition(nn.Module):
    """Reads no conditions."""

    def on_elements(self, x: Tensor, inputs: Inputs) -> Tensor:
        """The features (B, n, d) after the embedding."""
        return x

    def on_features(self, features: Tensor, inputs: Inputs) -> Tensor:
        """The features (B, n, d) before the readout."""
        return features


def _read(inputs: Inputs, channels: int) -> Tensor:
    """The conditions (B, C), float32; zeros if there are none."""
    if inputs.conditions is None:
        return torch.zeros(len(inputs), channels, device=inputs.device)
    return inputs.conditions


def _small(channels: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(channels, width), nn.GELU(), nn.Linear(width, outputs))


@component("none", family="condition", source="no conditions", equivariant=True)
class NoCondition(Condition):
    """The features, unchanged."""

    def __init__(self, width: int, features: int) -> None:
        super().__init__()


@component(
    "readout",
    family="condition",
    source="CrabNet with extended features: Wang et al., npj Comput. Mater. 7 (2021) 77",
    equivariant=True,
)
class AtReadout(Condition):
    """Before the readout: each element's features and the conditions through a small network.

    Its output is added to the features. The components before it see the formula alone.
    """

    def __init__(self, width: int, features: int, *, channels: Channels = 1) -> None:
        super().__init__()
        self.channels = channels
        self.layers = _small(features + channels, features, features)

    def on_features(self, features: Tensor, inputs: Inputs) -> Tensor:
        c = _read(inputs, self.channels).to(features.dtype)
        c = c[:, None].expand(-1, features.shape[1], -1)
        return features + self.layers(torch.cat([features, c], dim=-1))


@component("element", family="condition", source="added to the embedding", equivariant=True)
class AtElements(Condition):
    """After the embedding: the conditions through a small network are added to each element.

    All components see them.
    """

    def __init__(self, width: int, features: int, *, channels: Channels = 1) -> None:
        super().__init__()
        self.channels = channels
        self.layers = _small(channels, width, width)

    def on_elements(self, x: Tensor, inputs: Inputs) -> Tensor:
        return x + self.layers(_read(inputs, self.channels))[:, None]


@component(
    "gate",
    family="condition",
    source="FiLM: Perez et al., AAAI 2018",
    equivariant=True,
)
class AtGate(Condition):
    """Before the readout: the conditions scale and shift each channel of the features."""

    def __init__(self, width: int, features: int, *, channels: Channels = 1) -> None:
        super().__init__()
        self.channels = channels
        self.layers = _small(channels, features, 2 * features)

    def on_features(self, features: Tensor, inputs: Inputs) -> Tensor:
        scale, shift = self.layers(_read(inputs, self.channels))[:, None].chunk(2, dim=-1)
        return features * (1 + scale) + shift
