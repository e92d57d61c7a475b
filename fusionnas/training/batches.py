"""The data set on the device, and batches without padding.

Compounds lie grouped by their number of elements n, as tensors (N_n, n), so that a batch is a
few index operations on the device. What a step takes is the recipe's choice:

equal_length: `batch_size` compounds of one n; what is left over of each group is put together, so
    that a step may hold several pieces of different n.
mixed: `batch_size` compounds of all, as they are drawn, in one piece for each n among them.

The gradient of a step is that of its compounds one by one, in how many pieces they ever come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fusionnas.data.table import CompositionTable
from fusionnas.networks.inputs import Inputs

if TYPE_CHECKING:
    from fusionnas.training.recipe import BatchRule


@dataclass(frozen=True, slots=True)
class Batch:
    """Compounds of one n."""

    inputs: Inputs  # of B compounds
    target: Tensor  # (B,) standardised, or empty
    rows: Tensor  # (B,) place in the table


Pieces = list[tuple[int, Tensor]]  # of a step: place of the group, rows there


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
        for rows, inputs in Inputs.by_size(table, device):
            y = np.empty(0) if target is None else target[rows]
            self.groups.append(
                Batch(
                    inputs,
                    torch.as_tensor(y.astype(np.float32), device=device),
                    torch.as_tensor(rows, device=device),
                )
            )

    def targets(self) -> Tensor:
        """Of all compounds (N,), standardised, group by group."""
        return torch.cat([group.target for group in self.groups])

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Every compound once, group by group."""
        for group in self.groups:
            for start in range(0, len(group.inputs), batch_size):
                yield _take(group, slice(start, start + batch_size))

    def shuffled(
        self, batch_size: int, generator: torch.Generator, rule: BatchRule = "equal_length"
    ) -> Iterator[list[Batch]]:
        """One epoch of steps, each a list of pieces with `batch_size` compounds or a few less.

        The generator lives on the CPU: the order is drawn at once, before the first step.
        """
        draw = self._mixed if rule == "mixed" else self._equal_length
        for step in draw(batch_size, generator):
            yield [_take(self.groups[place], rows) for place, rows in step]

    def _equal_length(self, batch_size: int, generator: torch.Generator) -> Iterator[Pieces]:
        whole: list[Pieces] = []
        rest: Pieces = []
        for place, group in enumerate(self.groups):
            order = torch.randperm(len(group.inputs), generator=generator)
            order = order.to(group.inputs.device)
            full = len(order) // batch_size * batch_size
            whole += [[(place, part)] for part in order[:full].split(batch_size)] if full else []
            rest += [(place, order[full:])] if full < len(order) else []
        steps = whole + _packed(rest, batch_size)
        for step in torch.randperm(len(steps), generator=generator).tolist():
            yield steps[step]

    def _mixed(self, batch_size: int, generator: torch.Generator) -> Iterator[Pieces]:
        sizes = torch.tensor([len(group.inputs) for group in self.groups])
        places = torch.arange(len(sizes)).repeat_interleave(sizes)
        starts = sizes.cumsum(0) - sizes
        drawn = torch.randperm(self.size, generator=generator).split(batch_size)
        steps = [step.sort().values for step in drawn]  # group by group, as the compounds lie
        counts = [places[step].bincount(minlength=len(sizes)).tolist() for step in steps]
        rows = torch.cat([step - starts[places[step]] for step in steps])
        # to the device at once: a copy for each piece would wait for it each time
        rows = rows.to(self.groups[0].inputs.device)
        for step, count in zip(rows.split(batch_size), counts, strict=True):
            parts = step.split(count)
            yield [(place, part) for place, part in enumerate(parts) if len(part)]

    def steps(self, batch_size: int) -> int:
        """Steps of one epoch, by either rule."""
        return -(-self.size // batch_size)


def _packed(pieces: Pieces, batch_size: int) -> list[Pieces]:
    """Put pieces together into steps of `batch_size`, splitting one where it doesn't fit."""
    steps: list[Pieces] = []
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
    return Batch(group.inputs[rows], group.target[rows], group.rows[rows])


def jittered(inputs: Inputs, strength: float) -> Inputs:
    """The compounds with relative normal noise on their fractions, which again sum to 1."""
    x = inputs.fractions
    noisy = x * (1 + strength * torch.randn_like(x)).clamp(min=0.1)
    return replace(inputs, fractions=noisy / noisy.sum(dim=1, keepdim=True))
