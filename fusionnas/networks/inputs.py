"""The input of a network; inputs beside the formula would be added here.

Symbols: B compounds of n elements each (all compounds of a batch have the same n, so there is no
padding), N rows of a table.

`Inputs` is passed as one object from the table to the embedding and the descriptor, through
batches, training, predictions and feature matrices; none of these looks into it. A condition such
as a temperature would be one more field here, filled in `by_size`. It would be read by an embedding
(and act on each element) or by a descriptor (and act on the whole compound).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusionnas.data.composition import Composition
from fusionnas.data.table import CompositionTable


@dataclass(frozen=True, slots=True)
class Inputs:
    """Compounds in the form that a network reads, each with its elements in element order."""

    numbers: Tensor  # (B, n) int64, atomic numbers
    fractions: Tensor  # (B, n) float64, with the sum 1

    @classmethod
    def by_size(
        cls, table: CompositionTable, device: torch.device | str
    ) -> Iterator[tuple[np.ndarray, Inputs]]:
        """The rows (B,) of a table with n elements and their inputs, by rising n."""
        for rows, numbers, fractions in table.groups().values():
            yield (
                rows,
                cls(
                    torch.as_tensor(numbers.astype(np.int64), device=device),
                    torch.as_tensor(fractions, device=device),
                ),
            )

    @classmethod
    def of(cls, composition: Composition, device: torch.device | str = "cpu") -> Inputs:
        """One compound, B = 1."""
        [(_, inputs)] = cls.by_size(CompositionTable.of([composition]), device)
        return inputs

    def __len__(self) -> int:
        """Number of compounds, B."""
        return len(self.numbers)

    @property
    def elements(self) -> int:
        """Number of elements in each compound, n."""
        return self.numbers.shape[1]

    @property
    def device(self) -> torch.device:
        return self.numbers.device

    def __getitem__(self, rows: Tensor | slice) -> Inputs:
        """Some of the compounds."""
        return Inputs(self.numbers[rows], self.fractions[rows])

    def reordered(self, order: Sequence[int]) -> Inputs:
        """The same compounds with their elements reordered by the indices `order` (n,)."""
        return Inputs(self.numbers[:, order], self.fractions[:, order])
