"""The input of a network: formulas, and conditions beside them where the data have some.

Symbols: B compounds of n elements each (all compounds of a batch have the same n, so there is no
padding), N rows of a table.

`Inputs` is passed as one object from the table to the components that read it, through batches,
training, predictions and feature matrices; none of these looks into it. An input of another kind
would be one more field here, filled in `by_size`, like the conditions (`components/condition.py`).
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
    conditions: Tensor | None = None  # (B, C) float32, zero at the mean of the training part

    @classmethod
    def by_size(
        cls, table: CompositionTable, device: torch.device | str
    ) -> Iterator[tuple[np.ndarray, Inputs]]:
        """The rows (B,) of a table with n elements and their inputs, by rising n."""
        for rows, numbers, fractions in table.groups().values():
            conditions = None
            if table.conditions is not None:
                own = table.conditions[rows].astype(np.float32)
                conditions = torch.as_tensor(own, device=device)
            yield (
                rows,
                cls(
                    torch.as_tensor(numbers.astype(np.int64), device=device),
                    torch.as_tensor(fractions, device=device),
                    conditions,
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
        conditions = None if self.conditions is None else self.conditions[rows]
        return Inputs(self.numbers[rows], self.fractions[rows], conditions)

    def reordered(self, order: Sequence[int]) -> Inputs:
        """The same compounds with their elements reordered by the indices `order` (n,)."""
        return Inputs(self.numbers[:, order], self.fractions[:, order], self.conditions)
