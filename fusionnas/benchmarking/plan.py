"""The jobs of a benchmark: systems times tables times folds, small tables first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.suites import Suite
from fusionnas.benchmarking.systems import System, choose_systems
from fusionnas.benchmarking.tables import Table, check_target
from fusionnas.data.dataset import Dataset
from fusionnas.errors import FusionNASError, OptionError, did_you_mean


@dataclass(frozen=True, slots=True)
class Plan:
    """All jobs, and what is left out with the reason."""

    tasks: Sequence[Task]
    tables: Mapping[str, Table]
    standings: Mapping[str, str]  # origin of the rows of each table
    fingerprints: Mapping[str, str]  # of the files of each table
    systems: Sequence[System]
    left_out: Sequence[str]
    notes: Sequence[str] = ()  # what was made of tables of several targets


def make_plan(options: BenchmarkOptions, suite: Suite) -> Plan:
    """Read each table once, and list the jobs.

    Raises:
        OptionError: no system or no table is left.
    """
    left_out = list(suite.missing)
    systems = []
    for system in choose_systems(options.systems):
        if system.missing is None:
            systems.append(system)
        else:
            left_out.append(f"{system.name}: {system.missing}")
    if not systems:
        raise OptionError(f"None of the systems can run here. {'; '.join(left_out)}")
    known: dict[str, Table] = {}
    standings: dict[str, str] = {}
    fingerprints: dict[str, str] = {}
    tasks: list[tuple[int, Task]] = []
    found, notes = _read(options, suite, left_out)
    for table, whole in found:
        try:
            check_target(whole)
            folds = table.splits_of(options.way, whole)[: options.folds]
            standings[table.name] = table.standing()
            fingerprint = table.fingerprint()
        except FusionNASError as e:
            left_out.append(_reason(table, e))
            continue
        fitting = [system for system in systems if whole.task in system.kinds]
        left_out += _others(table, whole.task, systems)
        if not fitting:
            continue
        known[table.name] = table
        fingerprints[table.name] = fingerprint
        length = len(whole.parts.train)
        for rows in _caps(options, length):
            for fold in folds:
                tasks += [
                    (
                        rows or length,
                        Task(table.name, rows, options.way, fold, options.seed, system.name),
                    )
                    for system in fitting
                ]
    if not tasks:
        none = "No table of the suite" if options.data is None else f"No target of {options.data}"
        raise OptionError(f"{none} can be used. {'; '.join(left_out)}")
    tasks.sort(key=lambda item: item[0])  # stable: the quick systems of a table stay first
    jobs = [task for _, task in tasks]
    return Plan(jobs, known, standings, fingerprints, systems, left_out, notes)


def _read(
    options: BenchmarkOptions, suite: Suite, left_out: list[str]
) -> tuple[list[tuple[Table, Dataset]], list[str]]:
    """Each table with its rows, divided in some way, and notes; of several targets one for each.

    What cannot be read is added to `left_out`.
    """
    found: list[tuple[Table, Dataset]] = []
    notes: list[str] = []
    for table in _chosen(options.only, suite):
        try:
            whole = table.load(table.own_folds()[0], options.seed)
        except FusionNASError as e:
            one_csv = options.data is None and Path(table.source).is_file()
            hint = f" How it is read can be said for one CSV alone: --data {table.source}."
            left_out.append(_reason(table, e) + hint * one_csv)
            continue
        each = table.of_each_target(whole)
        if whole.several:
            notes.append(
                f"{table.name} has several targets ({', '.join(whole.target_names)}): each is a "
                f"table of its own ({', '.join(one.name for one, _ in each)}), and no system "
                "learns them together. --target-column with one name runs this one alone."
            )
        found += each
    return found, notes


def _reason(table: Table, error: FusionNASError) -> str:
    return f"{table.name}: {' '.join(str(error).split())}"


def _others(table: Table, kind: str, systems: Sequence[System]) -> Iterator[str]:
    """A line about systems that do not learn this kind of target and have no counterpart."""
    groups = {system.group for system in systems if kind in system.kinds}
    names = [s.name for s in systems if kind not in s.kinds and s.group not in groups]
    if names:
        yield f"{', '.join(names)} on {table.name}: not made for {kind}"


def _caps(options: BenchmarkOptions, length: int) -> list[int | None]:
    """The limits without repeats; a limit above the size of the table is none."""
    caps = [None if rows is None or rows >= length else rows for rows in options.caps]
    return sorted(dict.fromkeys(caps), key=lambda rows: length if rows is None else rows)


def _chosen(only: str | None, suite: Suite) -> Sequence[Table]:
    if only is None:
        return suite.tables
    names = [name.strip() for name in only.split(",") if name.strip()]
    found = {table.name: table for table in suite.tables}
    for name in names:
        if name not in found:
            raise OptionError(f"There is no table '{name}' here; {did_you_mean(name, found)}")
    return [found[name] for name in dict.fromkeys(names)]
