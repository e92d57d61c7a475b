"""Local components: convolutions over neighbours in the element order.

Shapes: B compounds of n elements each, d channels; (B, n, d) in and out unless said otherwise.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.components.registry import Choice, Range, component

Kernel = Annotated[int, Range(1, 7, step=2)]


class ElementConv(nn.Module):
    """A convolution of odd width k over the elements, zero outside the compound ('same').

    The same function as `nn.Conv1d(..., padding=k // 2)`, as one matrix product for each tap over
    the places where the tap lies inside the compound. Compounds are short (three elements on
    average), so that a third of a padded convolution's arithmetic would be spent on zeros.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(kernel, channels_out, channels_in))
        self.bias = nn.Parameter(torch.empty(channels_out))
        bound = 1 / math.sqrt(channels_in * kernel)  # as nn.Conv1d
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        n, half = x.shape[1], self.weight.shape[0] // 2
        out = F.linear(x, self.weight[half], self.bias)
        for offset in range(1, min(half, n - 1) + 1):
            before = F.linear(x[:, :-offset], self.weight[half - offset])  # reads i - offset
            after = F.linear(x[:, offset:], self.weight[half + offset])  # reads i + offset
            out = out + F.pad(before, (0, 0, offset, 0)) + F.pad(after, (0, 0, 0, offset))
        return out


class DeepConvolution(nn.Module):
    """A region embedding c = conv(x), then B + 1 blocks c + F(c), F = ReLU, conv, ReLU, conv."""

    def __init__(
        self,
        width: int,
        channels: int,
        kernel: int,
        blocks: int,
        shortcuts: bool,
        region_shortcut: bool,
    ) -> None:
        super().__init__()
        self.region = ElementConv(width, channels, kernel)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(),
                ElementConv(channels, channels, kernel),
                nn.ReLU(),
                ElementConv(channels, channels, kernel),
            )
            for _ in range(blocks + 1)
        )
        # the first block's shortcut is the region embedding itself
        self.shortcuts = [shortcuts and region_shortcut] + [shortcuts] * blocks

    def forward(self, x: Tensor) -> Tensor:
        shortcut, added = self._last_block(x)
        return shortcut + added if self.shortcuts[-1] else added

    def before_last_shortcut(self, x: Tensor) -> Tensor:
        """What the last block adds to its shortcut: the tap `last_block` of the EFM."""
        return self._last_block(x)[1]

    def _last_block(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The input c and the output F(c) of the last block."""
        c = self.region(x)
        out = c
        for place, block in enumerate(self.blocks):
            if place:
                c = c + out if self.shortcuts[place - 1] else out
            out = block(c)
        return c, out


@component(
    "dcnn",
    family="local",
    source="Johnson and Zhang, ACL 2017, 562, without its down-sampling; Du et al.",
    equivariant=False,
)
class DCNN(DeepConvolution):
    """Deep convolution: region embedding and pre-activated residual blocks, no normalisation."""

    def __init__(
        self,
        width: int,
        *,
        kernel: Annotated[int, Range(3, 7, step=2)] = 3,
        blocks: Annotated[int, Range(0, 6)] = 2,
        shortcuts: bool = True,
        region_shortcut: bool = True,
    ) -> None:
        super().__init__(width, width, kernel, blocks, shortcuts, region_shortcut)


@component(
    "dcnn_k1",
    family="local",
    source="Du et al.: the deep convolution with kernel 1, which sees single elements only",
    equivariant=True,
)
class DCNNK1(DeepConvolution):
    """Deep convolution of kernel 1: each element by itself (the local reference).

    `narrow` 2 halves the channels, as the published reference does (256 at width 512); the
    output then has d / narrow channels.
    """

    def __init__(
        self,
        width: int,
        *,
        blocks: Annotated[int, Range(0, 6)] = 2,
        narrow: Annotated[int, Choice((1, 2))] = 1,
        shortcuts: bool = True,
        region_shortcut: bool = True,
    ) -> None:
        super().__init__(width, width // narrow, 1, blocks, shortcuts, region_shortcut)


@component(
    "cnn", family="local", source="LeCun et al., Proc. IEEE 86 (1998) 2278", equivariant=False
)
class CNN(nn.Module):
    """One convolution over neighbouring elements, without activation."""

    def __init__(self, width: int, *, kernel: Kernel = 3) -> None:
        super().__init__()
        self.conv = ElementConv(width, width, kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)
