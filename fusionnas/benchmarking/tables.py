"""A table of a benchmark: the source of its rows, its folds, and the origin of the rows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.benchmarking.divisions import GIVEN, divided, folds_of_division
from fusionnas.benchmarking.made import load_made
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.split_column import FOLDS, fold_numbers
from fusionnas.data.sources import PARTS, folds_of, load_dataset, load_fold
from fusionnas.data.splits import Parts
from fusionnas.data.weighting import settled_weights
from fusionnas.errors import DataError
from fusionnas.files.checksums import sha256_of
from fusionnas.seeding import sub_seed

CSV_FOLDS = 5
FEWEST_VALUES = 4  # a table with fewer distinct numbers is assumed to have classes


@dataclass(frozen=True, slots=True)
class Table:
    """One table; plain data, so that it can be sent to workers."""

    name: str
    suite: str
    source: str  # a folder, a CSV, `matbench:TASK`, or `made:NAME`
    unit: str = ""
    published_rows: int | None = None  # number in the published table; None if not known
    task: str | None = None  # kind of its target; None takes words and booleans for classes
    folds: tuple[str, ...] = ()  # splits of a CSV that are its folds; () for five random ones
    reading: Mapping[str, Any] = field(default_factory=dict)  # more arguments of `load_dataset`
    target: str | None = None  # one of the several targets that `reading` names

    def absolute(self) -> Table:
        """The same table, for a process that runs in another folder."""
        path = Path(self.source)
        return replace(self, source=str(path.absolute())) if path.exists() else self

    def own_folds(self) -> tuple[str, ...]:
        """Its folds: numbers of given folds, `given` for one given split, otherwise five at random.

        A CSV and an artificial table have no own split; for them `folds:5:0` to `folds:5:4` are
        made.
        """
        if self.source.startswith("matbench:"):
            return tuple("01234")
        path = Path(self.source)
        if path.is_dir():
            return (GIVEN,) if (path / "train.csv").is_file() else _texts(folds_of(path))
        return self.folds or all_folds(f"folds:{CSV_FOLDS}")

    def load(self, fold: str, seed: int) -> Dataset:
        """Load the table, divided by a fold: one of `own_folds`, or a split of `splits_of`.

        Raises:
            DataError: it cannot be read or used.
        """
        own = self.own_folds()
        if fold not in own:
            whole = self.load(own[0], seed)
            return divided(whole, fold, seed)
        if self.source.startswith("made:"):
            return load_made(self.source.removeprefix("made:"), fold, seed)
        if self.source.startswith("matbench:"):
            return load_dataset(f"{self.source}:{fold}", seed=seed)
        path, unit = Path(self.source), self.unit or None
        if path.is_dir():
            if fold == GIVEN:
                return load_dataset(path, unit=unit, task=self.task)
            return load_fold(path, int(fold), unit, self.task)
        reading = {"unit": unit, "task": self.task, **self.reading}
        found = load_dataset(path, split=fold, seed=seed, **reading)
        if self.target is None:
            return found
        return found.of_target(found.target_names.index(self.target))

    def of_each_target(self, whole: Dataset) -> list[tuple[Table, Dataset]]:
        """The table itself; of several targets a table for each, with the rows that have it.

        All have the same folds, so that a composition is in the same part for all targets.

        Args:
            whole: the table, divided in any way.
        """
        if not whole.several:
            return [(self, whole)]
        ends = [re.sub(r"[^\w.-]", "_", name) for name in whole.target_names]  # for names of files
        if len({end.casefold() for end in ends}) < len(ends):
            ends = [f"{place}-{end}" for place, end in enumerate(ends, start=1)]
        reading = {**self.reading, "unit": self.unit or None}
        return [
            (
                replace(
                    self,
                    name=f"{self.name}-{end}",
                    unit=column.unit,
                    reading=reading,
                    target=column.name,
                ),
                whole.of_target(place),
            )
            for place, (end, column) in enumerate(zip(ends, whole.several, strict=True))
        ]

    def splits_of(self, how: str, whole: Dataset) -> tuple[str, ...]:
        """The outer folds of a way to divide the table, a name in `divisions.SPLITS`.

        Args:
            how: given, or another way.
            whole: the table, divided in any way.
        """
        return self.own_folds() if how == GIVEN else folds_of_division(how, whole)

    def standing(self) -> str:
        """The origin of its rows: published, with merged duplicates, artificial, or the user's.

        Raises:
            DataError: its files cannot be read.
        """
        if self.source.startswith("made:"):
            return "made"
        if self.published_rows is None:
            return "own rows"
        if self.source.startswith("matbench:"):
            return "published"
        here = self._rows_given()
        if here >= self.published_rows:
            return "published"
        return f"duplicates merged ({here:,} of {self.published_rows:,} published rows)"

    def fingerprint(self) -> str:
        """A checksum of the files that its rows are read from; without files, its source.

        Raises:
            DataError: a file cannot be read.
        """
        path = Path(self.source)
        if not path.exists():
            return self.source
        files = [path]
        if path.is_dir():
            folds = ["" if fold == GIVEN else fold for fold in self.own_folds()]
            files = [path / f"{part}{fold}.csv" for fold in folds for part in PARTS]
        try:
            return hashlib.sha256("".join(map(sha256_of, files)).encode()).hexdigest()
        except OSError as e:
            raise DataError(f"{path} cannot be read: {e}") from e

    def _rows_given(self) -> int:
        """Number of rows in the files of all parts of the first fold, or in the one file."""
        import pandas as pd

        path, first = Path(self.source), self.own_folds()[0]
        fold = "" if first == GIVEN else first
        files = [path / f"{part}{fold}.csv" for part in PARTS] if path.is_dir() else [path]
        try:
            return sum(len(pd.read_csv(file, usecols=[0])) for file in files)
        except (OSError, ValueError) as e:
            raise DataError(f"{path} cannot be read: {e}") from e


def capped(dataset: Dataset, rows: int | None, seed: int) -> Dataset:
    """At most so many training rows, and validation rows in proportion; the test part stays.

    The rows of a smaller number are a part of those of a larger one.
    """
    train, val, test = (getattr(dataset.parts, part) for part in ("train", "val", "test"))
    if rows is None or rows >= len(train):
        return dataset
    held = max(10, round(len(val) * rows / len(train)))
    rng = np.random.default_rng(sub_seed(seed, "rows"))
    fewer = np.sort(rng.permutation(train)[:rows])
    held_out = np.sort(rng.permutation(val)[:held])
    weights, _ = settled_weights(
        dataset.weights, dataset.table, dataset.targets, fewer, seed, dataset.unit
    )
    parts = Parts(fewer, held_out, test, dataset.parts.groups)
    return replace(dataset, parts=parts, weights=weights)


def check_target(dataset: Dataset) -> None:
    """Raise DataError for numbers that are likely classes."""
    if not dataset.classes and len(np.unique(dataset.targets)) < FEWEST_VALUES:
        raise DataError(
            "its target has fewer than four values; write them as words if they are classes"
        )


def all_folds(how: str) -> tuple[str, ...]:
    """The splits of `folds:K`, or of `folds:K:NAME`, which keeps groups of a column together.

    Raises:
        OptionError: K is no number of at least 2.
    """
    _, count, *name = how.split(":", 2)
    total, _ = fold_numbers(how, [count, "0"])
    return tuple(":".join((FOLDS, count, str(fold), *name)) for fold in range(total))


def _texts(numbers: list[int]) -> tuple[str, ...]:
    return tuple(map(str, numbers))
