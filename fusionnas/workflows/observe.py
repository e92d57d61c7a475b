"""Adds new measurements of a study's property: a table with them, for the next search."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.conditions import NUMBER, Conditions
from fusionnas.data.duplicates import KEEP_ONE, MERGES
from fusionnas.data.reading.bad_rows import refuse
from fusionnas.data.reading.columns import names_of
from fusionnas.data.reading.files import read_frame
from fusionnas.data.reading.input_columns import CATEGORY
from fusionnas.data.reading.target_columns import AskedTarget
from fusionnas.data.reading.training_rows import read_rows
from fusionnas.data.stored_rows import stored_cells
from fusionnas.errors import DataError, OptionError
from fusionnas.files.atomic import write_csv
from fusionnas.files.causes import cause_of
from fusionnas.files.yaml_file import shipped
from fusionnas.insight.suggestion.suggest import condition_column
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.workflows.observed_targets import PART, ObservedTargets, free
from fusionnas.workflows.observed_weights import ObservedWeights

if TYPE_CHECKING:
    import pandas as pd

FIRST_ROW = 2  # the header is line 1


@dataclass(frozen=True, slots=True)
class Observed:
    """The table that was written."""

    table: Path
    new: int  # compositions that the study did not have
    again: int  # rows of compositions that the study had
    skipped: int  # rows without a value, of weight zero, or with an unreadable formula
    command: str  # command that starts the next search from this one


def observe(
    study: str | Path,
    results: str | Path,
    *,
    output: str | Path | None = None,
    formula_column: str | None = None,
    target_column: AskedTarget = None,
    runs: str | Path = RUNS,
) -> Observed:
    """Add measured rows to the data of a study, as a new table.

    Rows of the study keep their part, so that the next study is tested on the same compositions.
    New compositions are used for training: they were chosen by a rule, so they do not represent the
    others. A new value of a known composition joins its part, and the search merges both if
    their conditions are the same, too.

    Args:
        study: name or path of the study.
        results: a CSV of formulas and values, such as that of `suggest` with its empty column
            filled in; rows without a value are skipped. It has the columns of the study's
            conditions, and of its weights or error bars, if there are some. Of several targets it
            can have one or more, with gaps.
        output: table to write; None is STUDY-observed.csv.
        formula_column: column of `results`.
        target_column: likewise; of several targets one for each, in the order of the study. By
            default columns with the names of the study's targets are used.
        runs: folder of all studies.

    Raises:
        StudyError: there is no such study, or it stored no data. DataError: `results` cannot be
            read, has no row with a value, or a measured row cannot be used. OptionError: the output
            exists already or cannot be written, or `target_column` names more or fewer columns
            than the study has targets; or a composition has a value already, and the study
            merges by keeping the first value.
    """
    import pandas as pd

    folder = StudyFolder.find(study, Path(runs))
    data, path = folder.data(), Path(results)
    out = Path(output) if output is not None else Path(f"{folder.name}-observed.csv")
    if out.exists():
        raise OptionError(f"{out} exists already; name another file with -o.")
    frame = read_frame(path)
    targets = ObservedTargets.of(folder, frame, target_column, path)
    conditions = folder.conditions
    weighed = ObservedWeights.of(folder, names_of(frame), path)
    rows = read_rows(
        frame,
        path,
        formula_column,
        targets.asked,
        FIRST_ROW,
        conditions=_columns_of(conditions, names_of(frame)),
        weighed_by=None if weighed is None else weighed.column,
        classes=targets.classes,
    )
    measured = [one for one in rows.bad if targets.are_in(one, frame, FIRST_ROW)]
    refuse([one for one in measured if not one.of_formula])
    if not len(rows.table):
        raise DataError(f"{path}: no row has a formula and a value.")
    part_of = dict(zip(data["formula"], data["part"], strict=True))
    formulas = rows.table.formulas()
    inputs = {} if conditions is None else {one: free(one) for one in conditions.names}
    before: dict[str, Any] = {"formula": data["formula"], **targets.of_study(data)}
    added: dict[str, Any] = {"formula": formulas, **targets.of_rows(rows)}
    if rows.cells is not None:
        before |= {inputs[one]: cells for one, cells in stored_cells(data, conditions).items()}
        added |= dict(zip(inputs.values(), rows.cells.T, strict=True))
    before[PART] = data[PART]
    added[PART] = [part_of.get(formula, "train") for formula in formulas]
    if weighed is not None:
        before[free(weighed.column.name)] = weighed.of_study(data)
        added[free(weighed.column.name)] = weighed.of_rows(rows.weights)
    table = pd.concat([pd.DataFrame(one) for one in (before, added)], ignore_index=True)
    how = folder.facts["data"]["noise_floor"].get("how", MERGES[0])  # version 0.1 stored none
    for column in targets.of_study(data):
        valued = table[table[column].notna() & (table[column] != "")]
        _check_merged(valued, ["formula", *inputs.values()], how)
    try:
        write_csv(out, table)
    except OSError as e:
        raise OptionError(f"{out} cannot be written: {cause_of(e)}") from e
    known = np.array([formula in part_of for formula in formulas])
    new = len({formula for formula in formulas if formula not in part_of})
    words = ["fusionnas", "search", "--data", str(out), *targets.options]
    if conditions is not None:
        asked = [
            inputs[c.name] + (CATEGORY if c.kind != NUMBER else "") for c in conditions.columns
        ]
        words += ["--input-columns", ",".join(asked)]
    if weighed is not None:
        words += [f"--{weighed.column.kind}-column", free(weighed.column.name)]
    words += ["--merge", how] if how != MERGES[0] else []
    words += ["--split", f"column:{PART}", "--warm-start", str(study)]
    words += ["--space", _space_of(folder)]
    words += ["--name", out.stem]
    words += ["--runs", str(runs)] if Path(runs) != RUNS else []
    skipped = len(frame) - len(rows.table)
    return Observed(out, new, int(known.sum()), skipped, shlex.join(words))


def _check_merged(table: pd.DataFrame, same: Sequence[str], how: str) -> None:
    """Raise OptionError if a search that merges like the study would not use a new value."""
    again = table.loc[table.duplicated(list(same)), "formula"]
    if how in KEEP_ONE and len(again):
        raise OptionError(
            f"{again.iloc[0]} has a value in the study already, and the study was searched with "
            f"--merge {how}, by which the new one would not count: leave out such rows "
            f"({len(again)}), or search with another --merge first."
        )


def _space_of(folder: StudyFolder) -> str:
    """The space of a study for `--space`: its name, or the file that the study was given."""
    name = str(folder.facts["space"]["name"])
    if name in shipped("search_spaces"):
        return name
    words = shlex.split(str(folder.facts.get("command", "")))
    given = [word for option, word in pairwise(words) if option == "--space"]
    return given[-1] if given else f"{name}.yaml"


def _columns_of(conditions: Conditions | None, known: Sequence[str]) -> tuple[str, ...]:
    """The columns of a study's conditions, some of which `suggest` calls by other names."""
    names = () if conditions is None else conditions.names
    written = ((name, condition_column(name)) for name in names)
    return tuple(other if other in known else name for name, other in written)
