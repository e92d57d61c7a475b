"""The options of a benchmark, with their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fusionnas.benchmarking import systems
from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.divisions import GIVEN, SPLITS
from fusionnas.benchmarking.suites import Suite, find_suite, own_suite
from fusionnas.benchmarking.tables import all_folds
from fusionnas.data.reading.split_column import FOLDS
from fusionnas.errors import OptionError, did_you_mean

ALL_ROWS = "all"


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions:
    """All options of a benchmark.

    Args:
        suite: small, extended, matbench, or a folder of tables; several are separated by commas
            (`fusionnas.benchmarking.suites`).
        data: one CSV instead of a suite.
        reading: how the CSV is read: arguments of `fusionnas.load_dataset`, such as
            `target_column`. Each of several targets is a table of its own.
        output: folder of the results.
        systems: names and groups, separated by commas.
        tables: folder with the tables of extended and matbench.
        only: names of tables, separated by commas; None is the whole suite.
        split: given, or a way to divide each table anew (`fusionnas.benchmarking.divisions`). For
            `data` also folds:K, its own folds, or folds:K:NAME, which keep groups of a column
            together; given is folds:5.
        folds: maximum number of outer folds of each table; None is all.
        rows: maximum numbers of training rows of a table, separated by commas; `all` is no limit.
            Validation rows are reduced in proportion, the test part stays.
        budget: epochs of each training, or a time such as 10m for each search.
        width: channels of named networks, replaces their own.
        seed: master seed.
        workers: number of jobs at a time; None means one for each core, or for each GPU.
        ray_address: address of a running Ray cluster, whose nodes all see `output` and the tables.
        resume: continue with the results in `output`.

    Raises:
        OptionError: a number or a word is not allowed.
    """

    output: Path
    suite: str | None = None
    data: Path | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)
    systems: str = systems.DEFAULT
    tables: Path | None = None
    only: str | None = None
    split: str = GIVEN
    folds: int | None = None
    rows: str = ALL_ROWS
    budget: str | None = None
    width: int | None = None
    seed: int = 0
    workers: int | None = None
    ray_address: str | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        for name in ("folds", "width", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"--{name} must be at least 1, but got {value}.")
        if (self.suite is None) == (self.data is None):
            raise OptionError("Give either --suite, tables to compare on, or --data, one CSV.")
        if self.data is None and self.reading:
            name = next(iter(self.reading)).replace("_", "-")
            raise OptionError(
                f"--{name} says how --data is read, and a suite has its own columns; leave it out."
            )
        if self.data is not None and self.has_folds:
            all_folds(self.split)  # checks itself
        elif self.split not in SPLITS:
            raise OptionError(
                f"There is no split '{self.split}'; {did_you_mean(self.split, SPLITS)}"
            )
        Budget.parse(self.budget)
        systems.choose_systems(self.systems)
        _ = self.caps

    @property
    def has_folds(self) -> bool:
        """Whether the split says what the own folds of a CSV are."""
        return self.split.startswith(f"{FOLDS}:")

    @property
    def way(self) -> str:
        """How tables are divided: a name in `SPLITS`."""
        return GIVEN if self.has_folds else self.split

    @property
    def found(self) -> Suite:
        """The tables to compare on.

        Raises:
            OptionError: there is no such suite, folder or file.
        """
        if self.data is None:
            return find_suite(str(self.suite), self.tables)
        reading = dict(self.reading)
        unit = str(reading.pop("unit", ""))
        return own_suite(self.data, unit, all_folds(self.split) if self.has_folds else (), reading)

    @property
    def caps(self) -> list[int | None]:
        """The maximum numbers of training rows, one after the other; None is no limit."""
        found: list[int | None] = []
        for text in self.rows.split(","):
            word = text.strip()
            if word == ALL_ROWS:
                found.append(None)
            elif word.isascii() and word.isdigit() and int(word) >= 10:
                found.append(int(word))
            else:
                raise OptionError(
                    f"--rows must be whole numbers of at least 10 or 'all', with commas between "
                    f"them, but got '{self.rows}'."
                )
        return found
