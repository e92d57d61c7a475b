"""Local components: convolutions over neighbours in the element order.

Shapes: B compounds of n elements each, d channels; (B, n, d) in and out unless said otherwise.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import Choice, Depth, Range, component
from fusionnas.networks.components.windows import channels_first, max_in_windows

Kernel = Annotated[int, Range(1, 7, step=2)]


class ElementConv(nn.Module):
    """A convolution of width k over the elements, zero outside the compound ('same').

    It is the same function as `nn.Conv1d(..., padding="same")`, computed as one matrix product for
    each tap over the positions where the tap lies inside the compound. Compounds are short (three
    elements on average), so a padded convolution would spend a third of its arithmetic on zeros.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(kernel, channels_out, channels_in))
        self.bias = nn.Parameter(torch.empty(channels_out))
        bound = 1 / math.sqrt(channels_in * kernel)  # as nn.Conv1d
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        n, kernel = x.shape[1], self.weight.shape[0]
        centre = (kernel - 1) // 2
        if torch.compiler.is_exporting():  # tracing would leave out taps for the n of the example
            padded = channels_first(F.pad(x, (0, 0, centre, kernel - 1 - centre)))
            return channels_first(F.conv1d(padded, self.weight.permute(1, 2, 0), self.bias))
        taps = self.weight.unbind(0)  # indexed, each gradient would be a whole weight
        out = F.linear(x, taps[centre], self.bias)
        for offset in range(1, min(centre, n - 1) + 1):  # reads i - offset
            # contiguous: otherwise torch makes a small product for each compound
            before = F.linear(x[:, :-offset].contiguous(), taps[centre - offset])
            out = out + F.pad(before, (0, 0, offset, 0))
        for offset in range(1, min(kernel - 1 - centre, n - 1) + 1):  # reads i + offset
            after = F.linear(x[:, offset:].contiguous(), taps[centre + offset])
            out = out + F.pad(after, (0, 0, 0, offset))
        return out


def _pre_activated(channels: int, kernel: int) -> nn.Sequential:
    """F of a residual block c + F(c): ReLU, conv, ReLU, conv."""
    return nn.Sequential(
        nn.ReLU(),
        ElementConv(channels, channels, kernel),
        nn.ReLU(),
        ElementConv(channels, channels, kernel),
    )


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
        self.blocks = nn.ModuleList(_pre_activated(channels, kernel) for _ in range(blocks + 1))
        # the first block's shortcut is the region embedding itself
        self.shortcuts = [shortcuts and region_shortcut] + [shortcuts] * blocks

    def forward(self, x: Tensor) -> Tensor:
        shortcut, added = self._last_block(x)
        return shortcut + added if self.shortcuts[-1] else added

    def before_last_shortcut(self, x: Tensor) -> Tensor:
        """The term that the last block adds to its shortcut: the tap `last_block` of the EFM."""
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
        blocks: Annotated[int, Range(0, 6), Depth()] = 2,
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

    `narrow` 2 halves the channels, as in the published reference (256 at width 512); the output
    then has d / narrow channels.
    """

    def __init__(
        self,
        width: int,
        *,
        blocks: Annotated[int, Range(0, 6), Depth()] = 2,
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


@component("dpcnn", family="local", source="Johnson and Zhang, ACL 2017, 562", equivariant=False)
class DPCNN(nn.Module):
    """Deep pyramid convolution: each block halves the number of positions.

    Max pooling of width 3 and stride 2 comes before each block. The positions of the last block are
    repeated back to n and added to the region embedding. The published network pools to a single
    vector, which would leave no element resolution.
    """

    def __init__(
        self,
        width: int,
        *,
        kernel: Annotated[int, Range(3, 5, step=2)] = 3,
        blocks: Annotated[int, Range(1, 3), Depth()] = 2,
    ) -> None:
        super().__init__()
        self.region = ElementConv(width, width, kernel)
        self.blocks = nn.ModuleList(_pre_activated(width, kernel) for _ in range(blocks))

    def forward(self, x: Tensor) -> Tensor:
        region = c = self.region(x)
        for block in self.blocks:
            # (B, n, d) to (B, ceil(n / 2), d)
            c = channels_first(max_in_windows(channels_first(c), 3, stride=2))
            c = c + block(c)
        return region + _stretched(c, x.shape[1])


def _stretched(c: Tensor, n: int) -> Tensor:
    """(B, m, d) to (B, n, d); position i comes from position floor(i m / n)."""
    if torch.compiler.is_exporting():  # interpolation would fix the n of the example
        places = torch.arange(n, device=c.device) * c.shape[1] // n
        return c.index_select(1, places)
    return channels_first(F.interpolate(channels_first(c), size=n))


@component("text_cnn", family="local", source="Kim, EMNLP 2014, 1746", equivariant=False)
class TextCNN(nn.Module):
    """Parallel convolutions of widths 1 to `kernels`, concatenated and mapped back to d channels.

    The published network takes the maximum over the sequence; here the sequence stays.
    """

    def __init__(self, width: int, *, kernels: Annotated[int, Range(2, 5)] = 3) -> None:
        super().__init__()
        self.convs = nn.ModuleList(ElementConv(width, width, k) for k in range(1, kernels + 1))
        self.join = nn.Linear(kernels * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([F.relu(conv(x)) for conv in self.convs], dim=-1))


@component("resnet", family="local", source="He et al., CVPR 2016, 770", equivariant=False)
class ResNet(nn.Module):
    """Residual blocks: conv, norm, ReLU, conv, norm, shortcut, ReLU.

    It has LayerNorm instead of the published BatchNorm, so that a compound's result does not depend
    on its batch.
    """

    def __init__(
        self,
        width: int,
        *,
        kernel: Annotated[int, Range(3, 5, step=2)] = 3,
        blocks: Annotated[int, Range(1, 4), Depth()] = 2,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(
                ElementConv(width, width, kernel),
                nn.LayerNorm(width),
                nn.ReLU(),
                ElementConv(width, width, kernel),
                nn.LayerNorm(width),
            )
            for _ in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = F.relu(x + block(x))
        return x
