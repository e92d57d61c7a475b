"""Adds new measurements of a study's property: a table with them, for the next search."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.conditions import NUMBER, number_of
from fusionnas.data.reading.bad_rows import BadRow, refuse
from fusionnas.data.reading.classes import Classes
from fusionnas.data.reading.columns import names_of
from fusionnas.data.reading.files import read_frame
from fusionnas.data.reading.input_columns import CATEGORY
from fusionnas.data.reading.target_columns import refuse_several
from fusionnas.data.reading.training_rows import read_rows
from fusionnas.data.stored_rows import stored_cells
from fusionnas.errors import DataError, OptionError
from fusionnas.files.atomic import write_csv
from fusionnas.files.causes import cause_of
from fusionnas.files.yaml_file import shipped
from fusionnas.insight.suggestion.suggest import measured_column
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.workflows.observed_weights import ObservedWeights

PART = "part"  # column of the new table with the study's split


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
    target_column: str | None = None,
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
            conditions, and of its weights or error bars, if there are some.
        output: table to write; None is STUDY-observed.csv.
        formula_column, target_column: columns of `results`; by default the column with the name of
            the study's target is used.
        runs: folder of all studies.

    Raises:
        StudyError: there is no such study, or it stored no data. DataError: `results` cannot be
            read, has no row with a value, or a measured row cannot be used. OptionError: the output
            exists already or cannot be written, or the study has several targets.
    """
    import pandas as pd

    refuse_several(target_column, "observe")
    folder = StudyFolder.find(study, Path(runs))
    facts, data = folder.facts["data"], folder.data()
    if several := facts.get("targets"):
        raise OptionError(
            f"'{folder.name}' has several targets ({', '.join(one['target'] for one in several)}), "
            "and `fusionnas observe` reads a study of one. Add the new rows to your table, and "
            f"search it with --warm-start {study}."
        )
    target, path = str(facts["target"]), Path(results)
    out = Path(output) if output is not None else Path(f"{folder.name}-observed.csv")
    if out.exists():
        raise OptionError(f"{out} exists already; name another file with -o.")
    frame = read_frame(path)
    known_columns = names_of(frame)
    if target_column is None:
        filled = (measured_column(target), target)  # as `suggest` writes them
        target_column = next((name for name in filled if name in known_columns), None)
    conditions, classes = folder.conditions, tuple(facts.get("classes", ()))
    weighed = ObservedWeights.of(folder, known_columns, path)
    rows = read_rows(
        frame,
        path,
        formula_column,
        target_column,
        first_row=2,
        conditions=() if conditions is None else conditions.names,
        weighed_by=None if weighed is None else weighed.column,
        classes=classes,
    )
    refuse([one for one in rows.bad if _has_value(one, bool(classes)) and not one.of_formula])
    if not len(rows.table):
        raise DataError(f"{path}: no row has a formula and a value.")
    part_of = dict(zip(data["formula"], data["part"], strict=True))
    formulas = rows.table.formulas()
    name = _free(target)
    inputs = {} if conditions is None else {one: _free(one) for one in conditions.names}
    before: dict[str, Any] = {"formula": data["formula"]}
    before[name] = _named(data["target"].to_numpy(), classes)
    added: dict[str, Any] = {"formula": formulas, name: _named(rows.targets, classes)}
    if rows.cells is not None:
        before |= {inputs[one]: cells for one, cells in stored_cells(data, conditions).items()}
        added |= dict(zip(inputs.values(), rows.cells.T, strict=True))
    before[PART] = data[PART]
    added[PART] = [part_of.get(formula, "train") for formula in formulas]
    if weighed is not None:
        before[_free(weighed.column.name)] = weighed.of_study(data)
        added[_free(weighed.column.name)] = weighed.of_rows(rows.weights)
    try:
        write_csv(out, pd.concat([pd.DataFrame(one) for one in (before, added)], ignore_index=True))
    except OSError as e:
        raise OptionError(f"{out} cannot be written: {cause_of(e)}") from e
    known = np.array([formula in part_of for formula in formulas])
    new = len({formula for formula in formulas if formula not in part_of})
    words = ["fusionnas", "search", "--data", str(out), "--target-column", name]
    words += ["--unit", facts["unit"]] if facts["unit"] else []
    words += ["--task", str(facts["task"])] if classes else []
    if conditions is not None:
        asked = [
            inputs[c.name] + (CATEGORY if c.kind != NUMBER else "") for c in conditions.columns
        ]
        words += ["--input-columns", ",".join(asked)]
    if weighed is not None:
        words += [f"--{weighed.column.kind}-column", _free(weighed.column.name)]
    words += ["--split", f"column:{PART}", "--warm-start", str(study)]
    space = str(folder.facts["space"]["name"])
    words += ["--space", space if space in shipped("search_spaces") else f"{space}.yaml"]
    words += ["--name", out.stem]
    skipped = len(frame) - len(rows.table)
    return Observed(out, new, int(known.sum()), skipped, shlex.join(words))


def _free(name: str) -> str:
    """A column of the new table, two of which have names of their own."""
    return name if name not in ("formula", PART) else f"{name} value"


def _named(values: np.ndarray, classes: Classes) -> np.ndarray | list[str]:
    """Targets as the table shows them: numbers, or the names of classes."""
    return [classes[int(code)] for code in values] if classes else values


def _has_value(row: BadRow, is_class: bool) -> bool:
    """Whether a row that cannot be read has a measured value, so that it must not be skipped."""
    return bool(row.target.strip()) if is_class else math.isfinite(number_of(row.target))
