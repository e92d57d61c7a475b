"""Data sets from their sources: built-in, CSV, folder, Matbench task, or a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data import matbench, transport
from fusionnas.data.assembly import join_parts, split_here
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.bad_rows import OFFER, refuse
from fusionnas.data.reading.classes import CLASSIFICATION, check_kind_of_target
from fusionnas.data.reading.files import table_name
from fusionnas.data.reading.input_columns import columns_of, name_of
from fusionnas.data.reading.split_column import SplitColumn
from fusionnas.data.reading.target_columns import AskedTarget, several_names
from fusionnas.data.reading.training_rows import TrainingRows, read_csv, read_rows
from fusionnas.data.reading.weight_column import WeightColumn
from fusionnas.data.splits import validation_part
from fusionnas.errors import DataError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


PARTS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """What `fusionnas datasets` shows of a data set with a name."""

    name: str
    target: str
    unit: str
    rows: int
    compositions: int | None  # None if it is known only after the download
    source: str
    licence: str


def list_datasets() -> list[DatasetCard]:
    """The built-in data sets and the Matbench tasks; the first is the default."""
    return [
        *(
            DatasetCard(
                b.name,
                b.target,
                b.unit,
                b.rows,
                b.compositions,
                transport.SOURCE,
                transport.LICENCE,
            )
            for b in transport.BUILT_IN.values()
        ),
        *(
            DatasetCard(
                f"matbench:{name}", t.target, t.unit, t.rows, None, t.source, matbench.LICENCE
            )
            for name, t in matbench.TASKS.items()
        ),
    ]


def has_a_name(source: str) -> bool:
    """Whether a source is a built-in data set or a Matbench task, not a file."""
    return source in transport.BUILT_IN or source.startswith("matbench:")


def load_dataset(
    source: str | Path | pd.DataFrame | Dataset | None = None,
    *,
    formula_column: str | None = None,
    target_column: AskedTarget = None,
    unit: str | None = None,
    split: str = "random",
    merge: str = "median",
    seed: int = 0,
    skip_bad_rows: bool = False,
    task: str | None = None,
    input_columns: str | Sequence[str] | None = None,
    weight_column: str | None = None,
    error_column: str | None = None,
) -> Dataset:
    """Read, merge and split a data set; an option that does not apply to it is an error.

    Args:
        source: a built-in name (None: the default one), a CSV, a folder with train.csv, val.csv
            and test.csv, or `matbench:TASK` with an optional `:FOLD` from 0 to 4; or a DataFrame
            with the columns of a CSV; or a data set, which already has its parts.
        formula_column: the column of formulas in a CSV; None finds it if there is only one
            possibility.
        target_column: the column of targets, likewise. Several names, as a sequence or `a,b`, give
            a data set of several targets, each with gaps where its cell is empty; a row without
            any of them is left out.
        unit: the unit of the target in a CSV or a folder; data sets with a name have their own. For
            several targets one for each, separated by commas.
        split: random, chemical-system, leave-out:ELEMENT, folds:K:I, cluster:K or cluster:K:I; for
            a CSV or a DataFrame column:NAME (train, val and test, or labels of groups that stay
            together) or time:NAME (trains on the past), too. A folder and Matbench have their own
            parts.
        merge: how several rows of one composition are merged: median, mean, min, first, error.
        seed: master seed of the split.
        skip_bad_rows: leave out rows without a target or with a formula that cannot be read;
            `Dataset.skipped` lists them. Without this option they are an error.
        task: regression or classification; None takes words and booleans for classes, and numbers
            for numbers. `Dataset.notes` tells about classes.
        input_columns: columns of a CSV, a folder or a DataFrame that are conditions beside the
            formula, such as `temperature,route`: numbers, or categories (words, and numbers if the
            name is followed by `:category`). Rows are merged only if these agree, too, and all rows
            of a composition stay in one part.
        weight_column: a column of a CSV, a folder or a DataFrame that says how much a row counts
            relative to the others: numbers above zero; a row of weight zero is left out.
        error_column: a column of standard deviations of the target, in its unit, which say how
            much a row counts (`fusionnas.data.weighting`); not together with `weight_column`.

    Raises:
        DataError: the source cannot be read or used. OptionError: an option does not apply.
    """
    check_kind_of_target(task)
    several_names(target_column)
    columns = (formula_column, target_column)
    by, inputs = SplitColumn.of(split), columns_of(input_columns)
    names = tuple(map(name_of, inputs))
    weighed_by = WeightColumn.of(weight_column, error_column)
    if isinstance(source, Dataset):
        if task is not None and task != source.task:
            raise OptionError(f"The Dataset is one for {source.task}, but the task is {task}.")
        if (
            any(columns)
            or unit
            or skip_bad_rows
            or inputs
            or weighed_by
            or (split, merge) != ("random", "median")
        ):
            raise OptionError("A Dataset has its own columns, unit and parts: omit such options.")
        return source
    if source is not None and not isinstance(source, str | Path):
        if not hasattr(source, "columns"):
            raise OptionError(
                "Data are a name, a path, a DataFrame or a Dataset, but got "
                f"{type(source).__name__}."
            )
        rows = read_rows(source, Path("DataFrame"), *columns, 0, by, task, names, weighed_by)
        card = ("DataFrame", rows.target, unit or "", "a DataFrame", "")
        return split_here(card, _checked(rows, skip_bad_rows), split, merge, seed, inputs)
    text = transport.DEFAULT if source is None else str(source)
    path = Path(text)
    named = has_a_name(text)
    if named and (any(columns) or unit or skip_bad_rows or inputs or weighed_by):
        raise OptionError(
            f"'{text}' has its own columns and unit, and no bad rows: leave out --formula-column, "
            "--target-column, --input-columns, --weight-column, --error-column, --unit and "
            "--skip-bad-rows."
        )
    if named and task == CLASSIFICATION:
        raise OptionError(f"The target of '{text}' is a number: leave out --task.")
    if split != "random" and text not in transport.BUILT_IN and (named or path.is_dir()):
        raise OptionError(f"'{text}' has its own parts: leave out --split.")
    if by is not None and named:
        raise OptionError(f"'{text}' has no columns to split by: choose another --split.")
    if text in transport.BUILT_IN:
        b = transport.BUILT_IN[text]
        table, targets = transport.read_transport(text)
        card = (text, b.target, b.unit, transport.SOURCE, transport.LICENCE)
        return split_here(card, TrainingRows(table, targets, b.target, ()), split, merge, seed)
    if text.startswith("matbench:"):
        return _matbench(text, merge, seed)
    if path.is_dir():
        return _given_parts(
            path, "", columns, unit, merge, skip_bad_rows, task, inputs, weighed_by, seed
        )
    if not path.exists() and not path.suffix:
        known = [*transport.BUILT_IN, *(f"matbench:{task}" for task in matbench.TASKS)]
        raise DataError(
            f"There is no data set, file or folder '{text}'; {did_you_mean(text, known)}"
        )
    rows = _checked(read_csv(path, *columns, by, task, names, weighed_by), skip_bad_rows)
    card = (table_name(path), rows.target, unit or "", str(path.name), "")
    return split_here(card, rows, split, merge, seed, inputs)


def _checked(rows: TrainingRows, skip_bad_rows: bool) -> TrainingRows:
    """Raise DataError for bad rows, unless they are skipped and other rows remain."""
    if not len(rows.table):
        refuse(rows.bad, " No row can be used.")
    elif not skip_bad_rows:
        refuse(rows.bad, OFFER)
    return rows


def folds_of(folder: Path) -> list[int]:
    """The folds that a folder holds as train0.csv, val0.csv, test0.csv and so on, ascending."""
    numbers = {path.stem.removeprefix("train") for path in folder.glob("train*.csv")}
    return sorted(int(text) for text in numbers if text.isascii() and text.isdigit())


def load_fold(folder: Path, fold: int, unit: str | None = None, task: str | None = None) -> Dataset:
    """A fold of a folder with train0.csv, val0.csv, test0.csv and so on.

    `task` is regression, classification, or None, which takes words and booleans for classes.

    Raises:
        DataError: a file is missing or cannot be used.
    """
    return _given_parts(folder, str(fold), (None, None), unit, "median", False, task)


def _given_parts(
    folder: Path,
    fold: str,
    columns: tuple[str | None, AskedTarget],
    unit: str | None,
    merge: str,
    skip_bad_rows: bool,
    task: str | None = None,
    inputs: Sequence[str] = (),
    weighed_by: WeightColumn | None = None,
    seed: int = 0,
) -> Dataset:
    """A data set with given parts; training rows must not be in validation or test."""
    names = [f"{part}{fold}.csv" for part in PARTS]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder}: the folder has no {', '.join(missing)}.")
    parts = [
        _checked(
            read_csv(
                folder / name,
                *columns,
                task=task,
                conditions=tuple(map(name_of, inputs)),
                weighed_by=weighed_by,
            ),
            skip_bad_rows,
        )
        for name in names
    ]
    for name, rows in zip(names[1:], parts[1:], strict=True):
        if rows.target != parts[0].target:
            raise DataError(
                f"{folder}: the target of {names[0]} is '{parts[0].target}', and that of {name} "
                f"is '{rows.target}': the files need the same column; name it by --target-column."
            )
    card = (folder.name, parts[0].target, unit or "", str(folder.name), "")
    how = f"given fold {fold}" if fold else "given"
    return join_parts(card, parts, merge, how, seed, inputs)


def _matbench(text: str, merge: str, seed: int) -> Dataset:
    _, task, *fold = text.split(":")
    if len(fold) > 1 or (fold and fold[0] not in tuple("01234")):
        raise OptionError(f"'{text}' must be matbench:TASK or matbench:TASK:FOLD, FOLD 0 to 4.")
    table, targets = matbench.read_matbench(task)
    number = int(fold[0]) if fold else 0
    info = matbench.TASKS[task]
    rest, test = matbench.official_fold(len(table), number, targets if info.classes else None)
    # before validation is drawn: it must not contain compositions of the test part
    keys = table.keys()
    tested = np.isin(keys[rest], keys[test])
    rest = rest[~tested]
    train, val = validation_part(rest, keys[rest], matbench.VALIDATION_SHARE, seed)
    card = (text, info.target, info.unit, info.source, matbench.LICENCE)
    parts = [
        TrainingRows(table.take(rows), targets[rows], info.target, (), classes=info.classes)
        for rows in (train, val, test)
    ]
    how = f"official fold {number}"
    return join_parts(card, parts, merge, how, seed, removed=int(tested.sum()))
