"""Global components that read the elements of a compound one after the other.

Shapes: B compounds of n elements each, d channels; (B, n, d) in and out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from torch import Tensor, nn

from fusionnas.components.registry import Range, component

Layers = Annotated[int, Range(1, 3)]


class _Recurrent(nn.Module):
    """A torch recurrent module; bidirectional halves the channels of each direction."""

    cell: Callable[..., nn.RNNBase]

    def __init__(self, width: int, layers: int, bidirectional: bool) -> None:
        super().__init__()
        hidden = width // 2 if bidirectional else width
        self.recurrent = self.cell(
            width, hidden, num_layers=layers, batch_first=True, bidirectional=bidirectional
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.recurrent(x)[0]


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
