"""Recurrence over the elements of a compound.

Shapes: B compounds of n elements each; an input x is (B, n, ...), a state has no element axis.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# (states, input of one element) to (new states, output of that element)
Step = Callable[[tuple[Tensor, ...], Tensor], tuple[tuple[Tensor, ...], Tensor]]


def over_elements(step: Step, states: tuple[Tensor, ...], x: Tensor) -> Tensor:
    """The outputs (B, n, ...) of `step`, called for one element after the other.

    A loop; while torch traces the network for export, its `scan`, which leaves n open where a
    loop would be unrolled for the n of the example.
    """
    if torch.compiler.is_exporting():
        return _scan(step, states, x)
    outputs = []
    for t in range(x.shape[1]):
        states, output = step(states, x[:, t])
        outputs.append(output)
    return torch.stack(outputs, dim=1)


def _scan(step: Step, states: tuple[Tensor, ...], x: Tensor) -> Tensor:
    from torch._higher_order_ops.scan import scan

    def combine(states: tuple[Tensor, ...], x: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        states, output = step(states, x)
        return tuple(map(_copy, states)), _copy(output)

    _, outputs = scan(combine, tuple(map(_copy, states)), _copy(x.transpose(0, 1)))
    return _copy(outputs.transpose(0, 1))


def _copy(x: Tensor) -> Tensor:
    """`scan` takes neither views nor one tensor twice, and strides may not depend on sizes."""
    return x.clone(memory_format=torch.contiguous_format)
