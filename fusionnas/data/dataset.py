"""A data set: distinct compositions, their targets, and the parts of the split."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.conditions import Conditions
from fusionnas.data.noise_floor import NoiseFloor
from fusionnas.data.reading.bad_rows import BadRow
from fusionnas.data.reading.classes import (
    CLASSIFICATION,
    MULTI_TARGET,
    REGRESSION,
    Classes,
    check_classes,
)
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.splits import SMALLEST, Parts
from fusionnas.data.stored_rows import condition_columns
from fusionnas.data.table import CompositionTable
from fusionnas.data.units import with_unit
from fusionnas.errors import DataError, OptionError
from fusionnas.statistics.bootstrap import groups_of

if TYPE_CHECKING:
    import pandas as pd

EQUAL = 1e-12  # targets with a smaller relative difference are the same number, rounded


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """One of several targets of a data set."""

    name: str
    unit: str
    noise: NoiseFloor  # of the rows that have a value of it


@dataclass(frozen=True, slots=True)
class Dataset:
    """Distinct rows and their targets in `unit`: compositions, with their conditions if any.

    With several targets, T of them, `targets` is (N, T) with NaN for gaps, `target` lists their
    names, and `unit` is empty; `of_target` is the data set of one of them.
    """

    name: str
    target: str  # the name of the target, for people
    unit: str
    source: str
    licence: str
    table: CompositionTable
    targets: np.ndarray  # (N,) float64, or (N, T) for several
    parts: Parts
    noise: NoiseFloor
    notes: tuple[str, ...] = ()  # what was done to the rows, for the log
    split: str = ""  # how the parts were made: the value of `--split`, or in words
    skipped: tuple[BadRow, ...] = ()  # rows that were left out because they could not be read
    classes: Classes = ()  # names of classes, whose codes the targets are; () for numbers
    conditions: Conditions | None = None  # of the columns beside the formula, in the table
    weights: RowWeights | None = None  # how much each row counts; None: all alike
    several: tuple[TargetColumn, ...] = ()  # the T targets; empty for one

    def __repr__(self) -> str:
        parts = self.parts
        return (
            f"<Dataset {self.name}: {with_unit(self.target, self.unit)}, "
            f"{len(self.targets):,} compositions, {len(parts.train):,} train, "
            f"{len(parts.val):,} val, {len(parts.test):,} test>"
        )

    @property
    def task(self) -> str:
        """The kind of its target: regression, classification or multi-target."""
        if self.several:
            return MULTI_TARGET
        return CLASSIFICATION if self.classes else REGRESSION

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of several targets; empty for one."""
        return tuple(column.name for column in self.several)

    @property
    def value_names(self) -> tuple[str, ...]:
        """The names of several numbers that are predicted for a row: classes or targets."""
        return self.target_names or self.classes

    def of_target(self, place: int) -> Dataset:
        """The data set of one of several targets: the rows that have a value of it, same parts."""
        column = self.several[place]
        known = np.isfinite(self.targets[:, place])
        new = np.cumsum(known) - 1  # the number that a row gets
        train, val, test = (
            new[part[known[part]]] for part in (self.parts.train, self.parts.val, self.parts.test)
        )
        groups = None if self.parts.groups is None else self.parts.groups[known]
        return replace(
            self,
            target=column.name,
            unit=column.unit,
            noise=column.noise,
            table=self.table.take(np.flatnonzero(known)),
            targets=self.targets[known, place],
            parts=Parts(train, val, test, groups),
            several=(),
        )

    def values_in(self, rows: np.ndarray) -> int:
        """How many of some rows have a value of the target, or of the rarest of several."""
        return int(np.isfinite(self.targets[rows]).sum(axis=0).min())

    def noise_words(self) -> list[str]:
        """How rows of one composition disagree: a sentence, or one for each of several targets."""
        if not self.several:
            return [self.noise.describe(self.unit, bool(self.classes))]
        return [f"'{one.name}': {one.noise.describe(one.unit)}" for one in self.several]

    def only_formulas(self, what: str) -> Dataset:
        """This data set, or OptionError if it has conditions, which `what` cannot read."""
        if self.conditions is not None:
            raise OptionError(
                f"{self.name} has conditions ({', '.join(self.conditions.names)}), which {what} "
                "cannot read yet; leave out --input-columns."
            )
        return self

    def only_one_target(self, what: str) -> Dataset:
        """This data set, or OptionError if it has several targets, which `what` cannot read."""
        if self.several:
            raise OptionError(
                f"{self.name} has several targets ({', '.join(self.target_names)}), and {what} "
                "reads one; name it by --target-column."
            )
        return self

    def only_numbers(self, what: str) -> Dataset:
        """This data set, or OptionError if `what` cannot learn its target: a class, or several."""
        self.only_one_target(what)
        if self.classes:
            raise OptionError(
                f"'{self.target}' of {self.name} is a class ({' or '.join(self.classes)}), and "
                f"{what} needs numbers. `fusionnas search`, `fusionnas train`, "
                "`fusionnas predict` and FusionClassifier handle classes; for numbers 0 and 1 give "
                "the column as numbers."
            )
        return self

    @property
    def fingerprint(self) -> str:
        """A hash of all data that a training uses."""
        digest = hashlib.sha256()
        arrays = (self.table.numbers, self.table.fractions, self.table.offsets, self.targets)
        for array in (*arrays, self.parts.train, self.parts.val, self.parts.test):
            digest.update(np.ascontiguousarray(array).tobytes())
            digest.update(b"|")
        if self.parts.groups is not None:
            digest.update(np.ascontiguousarray(self.parts.groups, dtype=np.int64).tobytes())
        if self.conditions is not None and self.table.conditions is not None:
            digest.update(json.dumps(self.conditions.to_plain()).encode())
            digest.update(np.ascontiguousarray(self.table.conditions).tobytes())
        for name in self.classes:
            digest.update(f"class {name}|".encode())
        if self.weights is not None:
            digest.update(b"weights|")
            digest.update(np.ascontiguousarray(self.weights.values).tobytes())
        for name in self.target_names:
            digest.update(f"target {name}|".encode())
        return digest.hexdigest()

    def check_learnable(self) -> Dataset:
        """This data set, or DataError if no network could be better than a constant."""
        if self.classes:
            return self._check_classes()
        if self.several:
            return self._check_each()
        train, val = self.targets[self.parts.train], self.targets[self.parts.val]
        median_is_right = len(val) > 0 and bool((val == np.median(train)).all())
        for part, values in (("training", train), ("validation", val)):
            same = np.ptp(values) <= EQUAL * np.abs(values).max() if len(values) else False
            if same and (part == "training" or median_is_right):
                raise DataError(
                    f"{self.name}: '{self.target}' is {values[0]:g} in all {len(values)} rows of "
                    f"the {part} part, so there is nothing to learn. Choose another target column, "
                    "or give more rows."
                )
        if np.std(train) < np.finfo(np.float32).tiny:
            raise DataError(
                f"{self.name}: '{self.target}' varies too little for single precision; give it in "
                "a smaller unit, or its logarithm."
            )
        return self

    def _check_classes(self) -> Dataset:
        check_classes(self.targets, self.classes, f"{self.name}: '{self.target}'")
        known = np.unique(self.targets[self.parts.train]).astype(int)
        if len(known) and (absent := sorted(set(range(len(self.classes))) - set(known.tolist()))):
            raise DataError(
                f"{self.name}: no row of the training part is '{self.classes[absent[0]]}', and "
                "each class must be learned. Give more rows, or another --split or --seed."
            )
        for part in ("train", "val", "test"):
            codes = self.targets[getattr(self.parts, part)]
            if len(codes) and np.ptp(codes) == 0:
                raise DataError(
                    f"{self.name}: all {len(codes)} rows of the {part} part are "
                    f"'{self.classes[int(codes[0])]}', and each part needs two classes. Give more "
                    "rows, or another --split or --seed."
                )
        return self

    def weights_of(self, rows: np.ndarray) -> np.ndarray | None:
        """How much each of some rows counts, with a mean of 1; None if all count alike."""
        return None if self.weights is None else self.weights.of_part(rows)

    def with_classes(self, names: Classes) -> Dataset:
        """The same rows with the codes of its classes in another order of their names."""
        code = np.array([names.index(name) for name in self.classes], dtype=float)
        return replace(self, targets=code[self.targets.astype(int)], classes=names)

    @property
    def test_groups(self) -> np.ndarray | None:
        """The number of each test row's composition, (N,); None if each row has its own.

        Rows of one composition err alike, so intervals draw compositions with all their rows.
        """
        return groups_of(self.table.take(self.parts.test).keys())

    def _check_each(self) -> Dataset:
        for place, column in enumerate(self.several):
            own = self.of_target(place)
            for part, smallest in zip(("train", "val", "test"), SMALLEST, strict=True):
                rows = len(getattr(own.parts, part))
                if rows < smallest and len(getattr(self.parts, part)):
                    raise DataError(
                        f"{self.name}: '{column.name}' has values for {rows} compositions of the "
                        f"{part} part, but at least {smallest} are needed; leave this target out, "
                        "or give more rows or another split."
                    )
            own.check_learnable()
        return self

    def to_frame(self) -> pd.DataFrame:
        """One row per composition: `formula`, `target`, and `part` (train, val or test).

        Conditions are columns before them (`fusionnas.data.stored_rows`). Several targets are
        columns with their names instead of `target`.
        Where folds keep groups together, `group` is a number for each. Weights of rows are in
        `weight`, with a mean of 1, and error bars in `error`.
        """
        import pandas as pd

        part = np.full(len(self.table), "", dtype=object)
        for name in ("train", "val", "test"):
            part[getattr(self.parts, name)] = name
        values = {"target": self.targets}
        if self.several:
            values = dict(zip(self.target_names, self.targets.T, strict=True))
        columns = {"formula": self.table.formulas(), **values, "part": part}
        columns = condition_columns(self.table, self.conditions) | columns
        if self.parts.groups is not None:
            columns["group"] = self.parts.groups
        if self.weights is not None:
            columns["weight"] = self.weights.values
            columns |= {} if self.weights.errors is None else {"error": self.weights.errors}
        return pd.DataFrame(columns)

    @property
    def lower_bound(self) -> float | None:
        """0 if no training target is below zero, as for gaps and moduli; otherwise None.

        Classes have none: a network gives them a number that is positive for one of the two. Of
        several targets, each has its own.
        """
        if self.classes or self.several:
            return None
        known = self.targets[self.parts.train]
        return 0.0 if len(known) and known.min() >= 0 else None

    def training_compositions(self) -> CompositionTable:
        """The compositions of the training part, each once."""
        return self.compositions(self.parts.train)

    def compositions(self, rows: np.ndarray) -> CompositionTable:
        """The compositions of some rows, each once and without conditions."""
        found = self.table.take(rows)
        return found if self.conditions is None else found.distinct()

    def elements_seen(self) -> list[int]:
        """Atomic numbers in the training part."""
        return self.table.take(self.parts.train).elements()
