"""Attention: `self_attention` as a global component, and attention after any component.

Shapes: B compounds of n elements each, d channels, H heads; (B, n, d) in and out.
"""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.registry import Choice, Depth, DividesWidth, Range, component

Heads = Annotated[int, Range(1, 8), DividesWidth()]


class _MultiHead(nn.Module):
    """Multi-head scaled dot-product attention of a compound's elements to each other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        # (B, n, 3d) to three of (B, H, n, d / H)
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).flatten(-2))  # (B, H, n, d / H) to (B, n, d)


@component(
    "self_attention",
    family="global",
    source="Vaswani et al., NeurIPS 2017; CrabNet: Wang et al., npj Comput. Mater. 7 (2021) 77",
    equivariant=True,
)
class TransformerEncoder(nn.Module):
    """Transformer encoder layers; fractions enter only through the embedding.

    `norm` 'pre' normalises before each part and trains without a warm-up; 'post' is the layer of
    CrabNet, which normalises afterwards and has ReLU.
    """

    def __init__(
        self,
        width: int,
        *,
        layers: Annotated[int, Range(1, 3), Depth()] = 1,
        heads: Heads = 4,
        feedforward: Annotated[int, Choice((1, 2, 4))] = 2,
        norm: Annotated[str, Choice(("pre", "post"))] = "pre",
    ) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "norm1": nn.LayerNorm(width),
                    "attention": _MultiHead(width, heads),
                    "norm2": nn.LayerNorm(width),
                    "up": nn.Linear(width, feedforward * width),
                    "down": nn.Linear(feedforward * width, width),
                }
            )
            for _ in range(layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            assert isinstance(layer, nn.ModuleDict)
            if self.pre:
                x = x + layer["attention"](layer["norm1"](x))
                x = x + layer["down"](F.gelu(layer["up"](layer["norm2"](x))))
            else:
                x = layer["norm1"](x + layer["attention"](x))
                x = layer["norm2"](x + layer["down"](F.relu(layer["up"](x))))
        return x


@component("none", family="attention", source="no attention after the component", equivariant=True)
class NoAttention(nn.Identity):
    """The component's output, unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()


@component(
    "soft", family="attention", source="Du et al.; Bahdanau et al., ICLR 2015", equivariant=True
)
class SoftAttention(nn.Module):
    """h + a h, a = softmax over the elements of w2 ReLU(W1 h); a h alone without `residual`."""

    def __init__(self, width: int, *, residual: bool = True) -> None:
        super().__init__()
        self.residual = residual
        self.hidden = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)

    def forward(self, h: Tensor) -> Tensor:
        a = torch.softmax(self.score(F.relu(self.hidden(h))), dim=1)  # (B, n, 1)
        return h + a * h if self.residual else a * h


@component("self", family="attention", source="Vaswani et al., NeurIPS 2017", equivariant=True)
class SelfAttention(nn.Module):
    """h + multi-head self-attention of h; the attention alone without `residual`."""

    def __init__(self, width: int, *, heads: Heads = 4, residual: bool = True) -> None:
        super().__init__()
        self.residual = residual
        self.attention = _MultiHead(width, heads)

    def forward(self, h: Tensor) -> Tensor:
        return h + self.attention(h) if self.residual else self.attention(h)


@component("sum", family="attention", source="Yang et al., NAACL 2016, 1480", equivariant=True)
class SumAttention(nn.Module):
    """The sum of all elements with weights softmax(v tanh(W h)), given to each element.

    Alone it removes element resolution; a residual connection around the stage restores it.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, width)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, h: Tensor) -> Tensor:
        a = torch.softmax(self.score(torch.tanh(self.hidden(h))), dim=1)  # (B, n, 1)
        return (a * h).sum(dim=1, keepdim=True).expand_as(h)


@component("channel", family="attention", source="Hu et al., CVPR 2018, 7132", equivariant=True)
class ChannelAttention(nn.Module):
    """Squeeze and excitation: channels are scaled by a gate that reads their mean."""

    def __init__(
        self, width: int, *, reduction: Annotated[int, Choice((2, 4)), DividesWidth()] = 4
    ) -> None:
        super().__init__()
        self.squeeze = nn.Linear(width, width // reduction)
        self.excite = nn.Linear(width // reduction, width)

    def forward(self, h: Tensor) -> Tensor:
        mean = h.mean(dim=1, keepdim=True)  # (B, 1, d)
        return h * torch.sigmoid(self.excite(F.relu(self.squeeze(mean))))
