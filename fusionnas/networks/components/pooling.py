"""Pooling over elements with stride 1, so that (B, n, d) stays (B, n, d)."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import Range, component
from fusionnas.networks.components.windows import channels_first, max_in_windows

Window = Annotated[int, Range(3, 5, step=2)]


@component("none", family="pooling", source="no pooling", equivariant=True)
class NoPooling(nn.Identity):
    """The features, unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()


@component("max", family="pooling", source="Du et al. (the text's pooling)", equivariant=False)
class MaxPooling(nn.Module):
    """The largest value among neighbouring elements."""

    def __init__(self, width: int, *, window: Window = 3) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        return channels_first(max_in_windows(channels_first(x), self.window, stride=1))


@component(
    "mean", family="pooling", source="LeCun et al., Proc. IEEE 86 (1998) 2278", equivariant=False
)
class MeanPooling(nn.Module):
    """The mean of neighbouring elements; positions outside the compound do not count."""

    def __init__(self, width: int, *, window: Window = 3) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.avg_pool1d(
            channels_first(x),
            self.window,
            stride=1,
            padding=self.window // 2,
            count_include_pad=False,
        )
        return channels_first(pooled)


@component(
    "soft", family="pooling", source="SoftPool: Stergiou et al., ICCV 2021", equivariant=False
)
class SoftPooling(nn.Module):
    """The mean of neighbouring elements with weights exp(value), channel by channel."""

    def __init__(self, width: int, *, window: Window = 3) -> None:
        super().__init__()
        self.mean = MeanPooling(width, window=window)

    def forward(self, x: Tensor) -> Tensor:
        # one shift for the whole compound and channel limits exp, and cancels
        weight = torch.exp((x - x.amax(dim=1, keepdim=True)).clamp(min=-30))
        return self.mean(weight * x) / self.mean(weight)


@component(
    "max_channels", family="pooling", source="the published code of L-G-DCNN-V1", equivariant=True
)
class MaxChannelPooling(nn.Module):
    """The largest value among neighbouring channels of an element, not among elements."""

    def __init__(self, width: int, *, window: Window = 3) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        return max_in_windows(x, self.window, stride=1)
