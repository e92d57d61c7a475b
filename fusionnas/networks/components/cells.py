"""The cells of torch's recurrent modules, written out for export.

Torch traces its own modules only for the number of elements of the example.

Shapes: B compounds, d channels of a state, g gates in torch's order; `x` is an input and `h` a
state after their linear layers, both (B, g d).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusionnas.networks.components.steps import over_elements

States = tuple[Tensor, ...]  # each (B, d); the first is the output of a cell
Cell = Callable[[Tensor, Tensor, States], States]


def stepwise(module: nn.RNNBase, x: Tensor) -> Tensor:
    """The result of `module(x)[0]`, (B, n, channels), one element after the other."""
    cell, count = _CELLS[module.mode]  # not its type: a tracer may replace it by a subclass
    for layer in range(module.num_layers):
        sides = []
        for suffix in ("", "_reverse") if module.bidirectional else ("",):
            w_ih, w_hh, b_ih, b_hh = (
                getattr(module, f"{name}_l{layer}{suffix}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            inputs = F.linear(x.flip(1) if suffix else x, w_ih, b_ih)
            first = inputs.new_zeros(inputs.shape[0], w_hh.shape[1])
            side = _run(cell, (first,) * count, inputs, w_hh, b_hh)
            sides.append(side.flip(1) if suffix else side)
        x = torch.cat(sides, dim=-1)
    return x


def gru_cell(cell: nn.GRUCell, x: Tensor, h: Tensor) -> Tensor:
    """The result of `cell(x, h)`; written out while torch traces for export."""
    if not torch.compiler.is_exporting():
        return cell(x, h)
    inputs = F.linear(x, cell.weight_ih, cell.bias_ih)
    return _gru(inputs, F.linear(h, cell.weight_hh, cell.bias_hh), (h,))[0]


def _run(cell: Cell, first: States, inputs: Tensor, w_hh: Tensor, b_hh: Tensor) -> Tensor:
    def step(states: States, x: Tensor) -> tuple[States, Tensor]:
        states = cell(x, F.linear(states[0], w_hh, b_hh), states)
        return states, states[0]

    return over_elements(step, first, inputs)


def _lstm(x: Tensor, h: Tensor, states: States) -> States:
    i, f, g, o = (x + h).chunk(4, dim=-1)
    c = torch.sigmoid(f) * states[1] + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _gru(x: Tensor, h: Tensor, states: States) -> States:
    (r, z, new), (r_h, z_h, new_h) = x.chunk(3, dim=-1), h.chunk(3, dim=-1)
    z = torch.sigmoid(z + z_h)
    return ((1 - z) * torch.tanh(new + torch.sigmoid(r + r_h) * new_h) + z * states[0],)


def _rnn(x: Tensor, h: Tensor, states: States) -> States:
    return (torch.tanh(x + h),)


_CELLS: dict[str, tuple[Cell, int]] = {"LSTM": (_lstm, 2), "GRU": (_gru, 1), "RNN_TANH": (_rnn, 1)}
