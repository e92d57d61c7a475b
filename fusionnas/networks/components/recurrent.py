"""Global components that read the elements of a compound one by one.

Shapes: B compounds of n elements each, d channels; (B, n, d) in and out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor, nn

from fusionnas.networks.components.cells import gru_cell, stepwise
from fusionnas.networks.components.registry import Choice, Depth, DividesWidth, Range, component
from fusionnas.networks.components.steps import over_elements

Layers = Annotated[int, Range(1, 3), Depth()]


class _Recurrent(nn.Module):
    """A torch recurrent module; if bidirectional, each direction has half of the channels."""

    cell: Callable[..., nn.RNNBase]

    def __init__(self, width: int, layers: int, bidirectional: bool) -> None:
        super().__init__()
        hidden = width // 2 if bidirectional else width
        self.recurrent = self.cell(
            width, hidden, num_layers=layers, batch_first=True, bidirectional=bidirectional
        )

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_exporting():
            return stepwise(self.recurrent, x)
        # torch returns it with n outermost; later layers would then make small products
        return self.recurrent(x)[0].contiguous()


@component(
    "lstm",
    family="global",
    source="Hochreiter and Schmidhuber, Neural Computation 9 (1997) 1735",
    equivariant=False,
)
class LSTM(_Recurrent):
    """Long short-term memory over the element order."""

    cell = nn.LSTM

    def __init__(self, width: int, *, layers: Layers = 1, bidirectional: bool = True) -> None:
        super().__init__(width, layers, bidirectional)


@component("gru", family="global", source="Cho et al., EMNLP 2014, 1724", equivariant=False)
class GRU(_Recurrent):
    """Gated recurrent unit over the element order."""

    cell = nn.GRU

    def __init__(self, width: int, *, layers: Layers = 1, bidirectional: bool = True) -> None:
        super().__init__(width, layers, bidirectional)


@component(
    "rnn", family="global", source="Elman, Cognitive Science 14 (1990) 179", equivariant=False
)
class RNN(_Recurrent):
    """Plain recurrent network (tanh) over the element order."""

    cell = nn.RNN

    def __init__(self, width: int, *, layers: Layers = 1, bidirectional: bool = True) -> None:
        super().__init__(width, layers, bidirectional)


@component(
    "min_gru",
    family="global",
    source="Feng et al., Were RNNs all we needed?, arXiv:2410.01201 (2024)",
    equivariant=False,
)
class MinGRU(nn.Module):
    """Minimal GRU: gate and candidate read only the input, h_t = (1 - z_t) h_{t-1} + z_t c_t.

    As in the published block, each layer has a LayerNorm before it and a shortcut around it. Both
    directions are read, with d / 2 channels each.
    """

    def __init__(self, width: int, *, layers: Annotated[int, Range(1, 4), Depth()] = 2) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.gates = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        for norm, gates in zip(self.norms, self.gates, strict=True):
            z, candidate = gates(norm(x)).chunk(2, dim=-1)
            z = torch.sigmoid(z)
            (z1, z2), (c1, c2) = z.chunk(2, dim=-1), candidate.chunk(2, dim=-1)
            backwards = self._scan(z2.flip(1), c2.flip(1)).flip(1)
            x = x + torch.cat([self._scan(z1, c1), backwards], dim=-1)
        return x

    @staticmethod
    def _scan(z: Tensor, candidate: Tensor) -> Tensor:
        def step(states: tuple[Tensor, ...], inputs: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
            (h,), (z, candidate) = states, inputs.unbind(1)
            h = h + z * (candidate - h)
            return (h,), h

        return over_elements(step, (torch.zeros_like(z[:, 0]),), torch.stack([z, candidate], dim=2))


@component(
    "dilated_rnn", family="global", source="Chang et al., NeurIPS 2017, 77", equivariant=False
)
class DilatedRNN(nn.Module):
    """Recurrent layers in which layer l continues from step t - 2^l (GRU cells, one direction)."""

    def __init__(self, width: int, *, layers: Annotated[int, Range(1, 4), Depth()] = 2) -> None:
        super().__init__()
        self.cells = nn.ModuleList(nn.GRUCell(width, width) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        for level, cell in enumerate(self.cells):
            assert isinstance(cell, nn.GRUCell)

            def step(
                last: tuple[Tensor, ...], x: Tensor, cell: nn.GRUCell = cell
            ) -> tuple[tuple[Tensor, ...], Tensor]:
                h = gru_cell(cell, x, last[0])
                return (*last[1:], h), h

            # the last 2^level states, the oldest first
            x = over_elements(step, (torch.zeros_like(x[:, 0]),) * 2**level, x)
        return x


@component("conv_lstm", family="global", source="Shi et al., NeurIPS 2015, 802", equivariant=False)
class ConvLSTM(nn.Module):
    """LSTM whose gates are convolutions over the channels, seen as d / maps positions of `maps`.

    It has one direction and no peepholes, unlike the published one.
    """

    def __init__(
        self,
        width: int,
        *,
        maps: Annotated[int, Choice((2, 4, 8)), DividesWidth()] = 4,
        kernel: Annotated[int, Range(3, 7, step=2)] = 3,
    ) -> None:
        super().__init__()
        self.maps = maps
        self.gates = nn.Conv1d(2 * maps, 4 * maps, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        grid = x.unflatten(-1, (self.maps, -1))  # (B, n, d) to (B, n, maps, d / maps)

        def step(states: tuple[Tensor, ...], x: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
            h, c = states
            i, f, o, g = self.gates(torch.cat([x, h], dim=1)).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            return (h, c), h

        first = torch.zeros_like(grid[:, 0])
        return over_elements(step, (first, first), grid).flatten(-2)


@component("capsule", family="global", source="Sabour et al., NeurIPS 2017, 3856", equivariant=True)
class Capsule(nn.Module):
    """Capsules of a compound, computed by routing by agreement and given back to its elements.

    Each element votes for every capsule, and rounds of routing decide which capsules each vote goes
    to. The output of an element is a linear layer on its votes and the capsules that agree with
    them; the published network reads only the capsules.
    """

    def __init__(
        self,
        width: int,
        *,
        capsules: Annotated[int, Choice((2, 4, 8)), DividesWidth()] = 4,
        rounds: Annotated[int, Range(1, 5)] = 3,
    ) -> None:
        super().__init__()
        self.capsules, self.rounds = capsules, rounds
        self.votes = nn.Linear(width, width, bias=False)
        self.back = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        votes = self.votes(x).unflatten(-1, (self.capsules, -1))  # (B, n, J, d / J)
        agreement = torch.zeros_like(votes[..., :1])  # (B, n, J, 1)
        for _ in range(self.rounds):
            coupling = torch.softmax(agreement, dim=2)
            capsule = _squash((coupling * votes).sum(dim=1, keepdim=True))  # (B, 1, J, d / J)
            agreement = agreement + (votes * capsule).sum(dim=-1, keepdim=True)
        return self.back((torch.sigmoid(agreement) * capsule + votes).flatten(-2))


def _squash(s: Tensor) -> Tensor:
    """A vector's direction with a length in (0, 1)."""
    square = (s * s).sum(dim=-1, keepdim=True)
    return s * square / (1 + square) / torch.sqrt(square + 1e-8)
