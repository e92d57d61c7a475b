"""The part of a table that a system gets: compositions and targets to learn from.

The test part of an outer fold is not included, so that no system can use it: neither a search that
trains hundreds of networks nor an ensemble that weights its members.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from fusionnas.benchmarking.budget import Budget
from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import AUTO, fold_count
from fusionnas.data.splits import Parts
from fusionnas.statistics.calibration import FEWEST


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
    nothing = np.arange(0)
    return _of_rows(dataset, dataset.parts.train, dataset.parts.val, nothing)


def for_search(dataset: Dataset, seed: int) -> Dataset:
    """A data set for a search, which needs a test part.

    In a study with folds, held-out rows correct what it predicts, and the test part is only looked
    at; there it has the validation rows once more, and its test error has no meaning. Otherwise the
    test part corrects intervals and probabilities, so half of the validation part is set aside for
    it: neither networks nor yardsticks learn from these rows. So few rows that nothing is corrected
    by them are not divided.
    """
    train, val = dataset.parts.train, dataset.parts.val
    groups = dataset.parts.groups if dataset.parts.groups is not None else dataset.table.keys()
    names = np.unique(groups[val])
    if len(names) < 2 * FEWEST or fold_count(AUTO, dataset, seed):
        return _of_rows(dataset, train, val, val)
    aside = np.random.default_rng(seed).permutation(names)[: len(names) // 2]
    kept_back = np.isin(groups[val], aside)
    return _of_rows(dataset, train, val[~kept_back], val[kept_back])


def _of_rows(dataset: Dataset, *parts: np.ndarray) -> Dataset:
    """A data set with these rows as training, validation and test part, and no others."""
    rows, ends = np.concatenate(parts), np.cumsum([0, *map(len, parts)])
    train, val, test = (np.arange(first, last) for first, last in pairwise(ends))
    groups, weights = dataset.parts.groups, dataset.weights
    return replace(
        dataset,
        table=dataset.table.take(rows),
        targets=dataset.targets[rows],
        parts=Parts(train, val, test, None if groups is None else groups[rows]),
        weights=None if weights is None else weights.take(rows),
    )
