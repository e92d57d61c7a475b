"""Suites: the tables of a benchmark, and where they are found.

small      artificial data, within minutes; no files are needed
extended   18 tables in FOLDER/extended/NAME or FOLDER/NAME (train.csv, val.csv, test.csv)
matbench   10 tasks of numbers and 3 of classes in FOLDER/matbench/NAME or FOLDER/NAME
           (train0.csv ...), or where matminer has them on this machine
FOLDER     every table below any folder: folders of parts or of folds, and CSVs

A table that cannot be found is named in one line and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from fusionnas.benchmarking.made import MADE
from fusionnas.benchmarking.results import FACTS
from fusionnas.benchmarking.tables import Table
from fusionnas.data.matbench import TASKS, is_at_hand
from fusionnas.data.reading.classes import CLASSIFICATION, REGRESSION
from fusionnas.data.reading.files import table_name
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.studies.folder import STUDY

SMALL, EXTENDED, MATBENCH = "small", "extended", "matbench"
OWN = "own"  # of a table that is named by its path
NAMED = (SMALL, EXTENDED, MATBENCH)


@dataclass(frozen=True, slots=True)
class Suite:
    """The tables that were found, and one line for each that was not."""

    name: str
    tables: Sequence[Table]
    missing: Sequence[str]
    # default settings of the suite
    budget: str | None = None
    width: int | None = None


def own_suite(path: Path, unit: str, folds: tuple[str, ...], reading: Mapping[str, Any]) -> Suite:
    """One CSV of the user.

    Args:
        path: the CSV.
        unit: unit of its target.
        folds: the splits that are its folds.
        reading: more arguments of `load_dataset`.

    Raises:
        OptionError: there is no such file.
    """
    if not path.is_file():
        raise OptionError(f"There is no file '{path}'; --data takes one CSV.")
    more = dict(reading)
    task = more.pop("task", None)
    name = table_name(path)
    table = Table(name, OWN, str(path), unit, task=task, folds=folds, reading=more)
    return Suite(name, [table], ())


def find_suite(names: str, folder: Path | None) -> Suite:
    """Suites by their names, or the tables below a folder.

    Args:
        names: small, extended, matbench, or a folder; several are separated by commas.
        folder: folder with the tables of extended and matbench.

    Raises:
        OptionError: there is no such suite or folder, it has no table, or two tables have the same
            name.
    """
    found = [_suite(name.strip(), folder) for name in names.split(",")]
    places: dict[str, list[str]] = {}
    for table in (table for suite in found for table in suite.tables):
        places.setdefault(table.name, []).append(table.source)
    twice = {name: sources for name, sources in places.items() if len(sources) > 1}
    if twice:
        told = ", ".join(f"{name} ({', '.join(sources)})" for name, sources in twice.items())
        raise OptionError(f"Several tables have the same name: {told}.")
    if len(found) == 1:
        return found[0]
    tables = [table for suite in found for table in suite.tables]
    missing = [line for suite in found for line in suite.missing]
    return Suite(",".join(suite.name for suite in found), tables, missing)


def _suite(name: str, folder: Path | None) -> Suite:
    if name == SMALL:
        tables = [Table(row.name, SMALL, f"made:{row.name}", row.unit) for row in MADE.values()]
        return Suite(SMALL, tables, (), budget="60", width=64)
    if name == EXTENDED:
        return _checked(_extended(folder), folder)
    if name == MATBENCH:
        return _checked(_matbench(folder), folder)
    if Path(name).is_dir():
        found = _below(Path(name))
        if not found:
            raise OptionError(f"No table lies below {name}: neither a CSV nor a folder of parts.")
        return Suite(str(Path(name).resolve().name), found, ())
    raise OptionError(
        f"There is no suite or folder '{name}'; {did_you_mean(name, NAMED)} A folder of tables is "
        "given by its path."
    )


def _checked(suite: Suite, folder: Path | None) -> Suite:
    if suite.tables:
        return suite
    where = "" if folder is None else f" below {folder}"
    raise OptionError(
        f"None of the tables of the suite '{suite.name}' is found{where}; --tables FOLDER says "
        f"where they are, such as FOLDER/{suite.name}/NAME/train.csv."
    )


def _extended(folder: Path | None) -> Suite:
    import pandas as pd

    with (files("fusionnas.benchmarking") / "extended.csv").open(encoding="utf-8") as file:
        known = pd.read_csv(file, keep_default_na=False)
    tables, missing = [], []
    for row in known.to_dict("records"):
        place = _place(folder, EXTENDED, row["table"])
        if place is None:
            missing.append(f"{row['table']}: not in the folder of tables")
            continue
        rows = int(row["rows"]) if row["rows"] else None
        tables.append(Table(row["table"], EXTENDED, str(place), row["unit"], rows))
    return Suite(EXTENDED, tables, missing)


def _matbench(folder: Path | None) -> Suite:
    tables, missing = [], []
    for name, task in TASKS.items():
        place = _place(folder, MATBENCH, name)
        if place is not None:
            source = str(place)
        elif is_at_hand(name):
            source = f"matbench:{name}"
        else:
            missing.append(f"{name}: neither in the folder of tables nor kept by matminer")
            continue
        kind = CLASSIFICATION if task.classes else REGRESSION
        tables.append(Table(name, MATBENCH, source, task.unit, task.rows, kind))
    return Suite(MATBENCH, tables, missing)


def _place(folder: Path | None, suite: str, name: str) -> Path | None:
    """The folder of a table below FOLDER/suite or FOLDER."""
    if folder is None:
        return None
    return next((p for p in (folder / suite / name, folder / name) if p.is_dir()), None)


def _below(folder: Path) -> list[Table]:
    """All tables below a folder, by their paths in it; not what a benchmark or a study wrote."""
    found: list[Table] = []
    folder = folder.resolve()
    # a folder that happens to be called like a suite has no published figures
    suite = OWN if folder.name in NAMED else folder.name
    for path in _folders(folder):
        if (path / "train.csv").is_file() or (path / "train0.csv").is_file():
            places = [path]
        else:
            places = sorted(path.glob("*.csv"))
        for place in places:
            name = place.relative_to(folder).as_posix().removesuffix(".csv").replace("/", "-")
            found.append(Table(folder.name if name == "." else name, suite, str(place)))
    return found


def _folders(folder: Path) -> Iterator[Path]:
    """A folder and all below it, in the order of their names, except for results."""
    if any((folder / name).exists() for name in (FACTS, STUDY)):
        return
    yield folder
    for path in sorted(one for one in folder.iterdir() if one.is_dir()):
        yield from _folders(path)
