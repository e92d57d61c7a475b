"""The part of a table that a system gets: compositions and targets to learn from.

The test part of an outer fold is not included, so that no system can use it: neither a search that
trains hundreds of networks nor an ensemble that weights its members.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fusionnas.benchmarking.budget import Budget
from fusionnas.data.dataset import Dataset
from fusionnas.data.splits import Parts


@dataclass(frozen=True, slots=True)
class Material:
    """The training part of an outer fold, and the conditions that all systems share."""

    dataset: Dataset  # training and validation rows only; its test part is empty
    seed: int
    budget: Budget
    width: int | None  # channels of named networks; None is their default
    folder: Path  # for the files of this system on this fold

    @classmethod
    def of(
        cls, dataset: Dataset, seed: int, budget: Budget, width: int | None, folder: Path
    ) -> Material:
        """Take a data set without its test part."""
        return cls(without_test(dataset), seed, budget, width, folder)

    @property
    def all_formulas(self) -> list[str]:
        """Formulas of the training and then the validation rows."""
        return self.dataset.table.formulas()


def without_test(dataset: Dataset) -> Dataset:
    """A data set of the training and the validation rows; no row of the test part is in it."""
    train, val = len(dataset.parts.train), len(dataset.parts.val)
    rows = np.concatenate([dataset.parts.train, dataset.parts.val])
    groups, weights = dataset.parts.groups, dataset.weights
    groups = None if groups is None else groups[rows]
    parts = Parts(np.arange(train), np.arange(train, train + val), np.arange(0), groups)
    return replace(
        dataset,
        table=dataset.table.take(rows),
        targets=dataset.targets[rows],
        parts=parts,
        weights=None if weights is None else weights.take(rows),
    )
