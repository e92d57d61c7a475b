"""Adds new measurements of a study's property: a table with them, for the next search."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusionnas.data.reading.columns import names_of
from fusionnas.data.reading.files import read_frame
from fusionnas.data.reading.target_columns import refuse_several
from fusionnas.data.reading.training_rows import read_rows
from fusionnas.errors import DataError, OptionError
from fusionnas.files.atomic import write_csv
from fusionnas.files.causes import cause_of
from fusionnas.files.yaml_file import shipped
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.tasks.kinds import check_reads_formulas

PART = "part"  # column of the new table with the study's split


@dataclass(frozen=True, slots=True)
class Observed:
    """The table that was written."""

    table: Path
    new: int  # compositions that the study did not have
    again: int  # rows of compositions that the study had
    skipped: int  # rows without a value, or with an unreadable formula
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
    others. A new value of a known composition joins its part, and the search merges both.

    Args:
        study: name or path of the study.
        results: a CSV of formulas and values, such as that of `suggest` with its empty column
            filled in; rows without a value are skipped.
        output: table to write; None is STUDY-observed.csv.
        formula_column, target_column: columns of `results`; by default the column with the name of
            the study's target is used.
        runs: folder of all studies.

    Raises:
        StudyError: there is no such study, or it stored no data. DataError: `results` cannot be
            read, or has no row with a value. OptionError: the output exists already or cannot be
            written, or the study has conditions beside the formula or weights of its rows.
    """
    import pandas as pd

    refuse_several(target_column, "observe")
    folder = StudyFolder.find(study, Path(runs))
    facts, data = folder.facts, folder.data()
    if several := facts["data"].get("targets"):
        raise OptionError(
            f"'{folder.name}' has several targets ({', '.join(one['target'] for one in several)}), "
            "and `fusionnas observe` reads a study of one. Add the new rows to your table, and "
            f"search it with --warm-start {study}."
        )
    check_reads_formulas(facts["data"], "`fusionnas observe`")
    if "weights" in facts["data"]:
        raise OptionError(
            f"The rows of '{folder.name}' have weights or error bars, and new rows need some, too: "
            f"add them to your table, and search it with --warm-start {study}."
        )
    target, path = str(facts["data"]["target"]), Path(results)
    out = Path(output) if output is not None else Path(f"{folder.name}-observed.csv")
    if out.exists():
        raise OptionError(f"{out} exists already; name another file with -o.")
    frame = read_frame(path)
    if target_column is None and target in names_of(frame):
        target_column = target
    rows = read_rows(frame, path, formula_column, target_column, first_row=2)
    if not len(rows.table):
        raise DataError(f"{path}: no row has a formula and a value.")
    part_of = dict(zip(data["formula"], data["part"], strict=True))
    formulas = rows.table.formulas()
    known = np.array([formula in part_of for formula in formulas])
    name = target if target not in ("formula", PART) else f"{target} value"
    added = pd.DataFrame(
        {
            "formula": formulas,
            name: rows.targets,
            PART: [part_of.get(formula, "train") for formula in formulas],
        }
    )
    before = data[["formula", "target", PART]].rename(columns={"target": name})
    try:
        write_csv(out, pd.concat([before, added], ignore_index=True))
    except OSError as e:
        raise OptionError(f"{out} cannot be written: {cause_of(e)}") from e
    new = len({formula for formula in formulas if formula not in part_of})
    words = ["fusionnas", "search", "--data", str(out), "--target-column", name]
    words += ["--unit", facts["data"]["unit"]] if facts["data"]["unit"] else []
    words += ["--split", f"column:{PART}", "--warm-start", str(study)]
    space = str(facts["space"]["name"])
    words += ["--space", space if space in shipped("search_spaces") else f"{space}.yaml"]
    words += ["--name", out.stem]
    return Observed(out, new, int(known.sum()), len(rows.bad), shlex.join(words))
