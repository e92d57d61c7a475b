"""The data set on the device, and batches without padding.

Compounds lie grouped by their number of elements n, as tensors (N_n, n), so that a batch is a
few index operations on the device. A step takes `batch_size` compounds of one n; what is left
over of each group is put together, so that a step may hold several pieces of different n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusionnas.data.table import CompositionTable


@dataclass(frozen=True, slots=True)
class Batch:
    """Compounds of one n: numbers and fractions (B, n), target (B,) standardised or empty."""

    numbers: Tensor
    fractions: Tensor
    target: Tensor
    rows: Tensor  # (B,) place in the table


class Compounds:
    """A table of compositions on a device, with targets where they are known."""

    def __init__(
        self,
        table: CompositionTable,
        device: torch.device,
        target: np.ndarray | None = None,
    ) -> None:
        self.size = len(table)
        self.groups: list[Batch] = []
        for rows, numbers, fractions in table.groups().values():
            y = np.empty(0) if target is None else target[rows]
            self.groups.append(
                Batch(
                    torch.as_tensor(numbers.astype(np.int64), device=device),
                    torch.as_tensor(fractions, device=device),
                    torch.as_tensor(y.astype(np.float32), device=device),
                    torch.as_tensor(rows, device=device),
                )
            )

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Every compound once, group by group."""
        for group in self.groups:
            for start in range(0, len(group.numbers), batch_size):
                yield _take(group, slice(start, start + batch_size))

    def shuffled(self, batch_size: int, generator: torch.Generator) -> Iterator[list[Batch]]:
        """One epoch of steps, each a list of pieces with `batch_size` compounds or a few less.

        The generator lives on the CPU: the order is drawn at once, before the first step.
        """
        whole: list[list[tuple[int, Tensor]]] = []
        rest: list[tuple[int, Tensor]] = []
        for place, group in enumerate(self.groups):
            order = torch.randperm(len(group.numbers), generator=generator)
            order = order.to(group.numbers.device)
            full = len(order) // batch_size * batch_size
            whole += [[(place, part)] for part in order[:full].split(batch_size)] if full else []
            rest += [(place, order[full:])] if full < len(order) else []
        steps = whole + _packed(rest, batch_size)
        for step in torch.randperm(len(steps), generator=generator).tolist():
            yield [_take(self.groups[place], rows) for place, rows in steps[step]]

    def steps(self, batch_size: int) -> int:
        """Steps of one epoch."""
        sizes = [len(group.numbers) for group in self.groups]
        left = [size % batch_size for size in sizes]
        return sum(size // batch_size for size in sizes) + -(-sum(left) // batch_size)


def _packed(pieces: list[tuple[int, Tensor]], batch_size: int) -> list[list[tuple[int, Tensor]]]:
    """Put pieces together into steps of `batch_size`, splitting one where it doesn't fit."""
    steps: list[list[tuple[int, Tensor]]] = []
    room = 0
    for place, rows in pieces:
        while len(rows):
            if room == 0:
                steps.append([])
                room = batch_size
            steps[-1].append((place, rows[:room]))
            taken = len(rows[:room])
            rows, room = rows[taken:], room - taken
    return steps


def _take(group: Batch, rows: Tensor | slice) -> Batch:
    return Batch(
        group.numbers[rows],
        group.fractions[rows],
        group.target[rows],
        group.rows[rows],
    )


def jittered(fractions: Tensor, strength: float) -> Tensor:
    """Fractions (B, n) with relative normal noise, again summing to 1."""
    noisy = fractions * (1 + strength * torch.randn_like(fractions)).clamp(min=0.1)
    return noisy / noisy.sum(dim=1, keepdim=True)
