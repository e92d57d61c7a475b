"""The data set on the device, and batches without padding.

Compounds are grouped by their number of elements n, as tensors (N_n, n), so that a batch needs only
a few index operations on the device. The recipe chooses the compounds of a step:

equal_length: `batch_size` compounds of one n. The compounds that remain in each group are combined,
    so a step may contain several pieces of different n.
mixed: `batch_size` compounds drawn from all, in one piece for each n among them.

The gradient of a step is that of its compounds one by one, for any division into pieces.
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

# of elements in a batch for inference; the memory of attention and message passing grows with them
MOST_PAIRS = 2048 * 8**2


@dataclass(frozen=True, slots=True)
class Batch:
    """Compounds with the same number of elements n."""

    inputs: Inputs  # inputs of B compounds
    target: Tensor  # (B,) standardised, or empty
    rows: Tensor  # (B,) row in the table
    weight: Tensor | None = None  # (B,) how much each row counts; None: all alike


Pieces = list[tuple[int, Tensor]]  # pieces of a step: index of the group, rows in it


class Compounds:
    """A table of compositions on a device, with targets if they are known."""

    def __init__(
        self,
        table: CompositionTable,
        device: torch.device,
        target: np.ndarray | None = None,
        weight: np.ndarray | None = None,
    ) -> None:
        self.size = len(table)
        self.groups: list[Batch] = []
        for rows, inputs in Inputs.by_size(table, device):
            y = np.empty(0) if target is None else target[rows]
            w = None if weight is None else weight[rows].astype(np.float32)
            self.groups.append(
                Batch(
                    inputs,
                    torch.as_tensor(y.astype(np.float32), device=device),
                    torch.as_tensor(rows, device=device),
                    None if w is None else torch.as_tensor(w, device=device),
                )
            )

    def targets(self) -> Tensor:
        """Targets of all compounds (N,), standardised, group by group."""
        return torch.cat([group.target for group in self.groups])

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Every compound once, group by group.

        Args:
            batch_size: most compounds of a batch; of compounds with many elements it has fewer.
        """
        for group in self.groups:
            elements = group.inputs.numbers.shape[1]
            size = min(batch_size, max(1, MOST_PAIRS // elements**2))
            for start in range(0, len(group.inputs), size):
                yield _take(group, slice(start, start + size))

    def shuffled(
        self, batch_size: int, generator: torch.Generator, rule: BatchRule = "equal_length"
    ) -> Iterator[list[Batch]]:
        """Steps of one epoch, each a list of pieces with `batch_size` compounds or slightly fewer.

        The generator is on the CPU: the whole order is drawn before the first step.
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
        steps = [step.sort().values for step in drawn]  # in the order of the groups
        counts = [places[step].bincount(minlength=len(sizes)).tolist() for step in steps]
        rows = torch.cat([step - starts[places[step]] for step in steps])
        # copied to the device together: a copy for each piece would wait each time
        rows = rows.to(self.groups[0].inputs.device)
        for step, count in zip(rows.split(batch_size), counts, strict=True):
            parts = step.split(count)
            yield [(place, part) for place, part in enumerate(parts) if len(part)]

    def steps(self, batch_size: int) -> int:
        """Number of steps in an epoch, with either rule."""
        return -(-self.size // batch_size)


def _packed(pieces: Pieces, batch_size: int) -> list[Pieces]:
    """Combine pieces into steps of `batch_size`, splitting a piece that does not fit."""
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
    weight = None if group.weight is None else group.weight[rows]
    return Batch(group.inputs[rows], group.target[rows], group.rows[rows], weight)


def jittered(inputs: Inputs, strength: float) -> Inputs:
    """The compounds with relative normal noise on their fractions, which again sum to 1."""
    x = inputs.fractions
    noisy = x * (1 + strength * torch.randn_like(x)).clamp(min=0.1)
    return replace(inputs, fractions=noisy / noisy.sum(dim=1, keepdim=True))
