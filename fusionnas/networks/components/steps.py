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

    It is a loop. While torch traces the network for export it is a `scan`, which keeps n open; a
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
    """`scan` accepts neither views nor a tensor twice, and strides must not depend on sizes."""
    return x.clone(memory_format=torch.contiguous_format)
