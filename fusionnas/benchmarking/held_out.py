"""Predictions for every row of a table, each by systems that did not learn from it, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.results import Results
from fusionnas.files.atomic import write_csv
from fusionnas.plots.rows import each
from fusionnas.searching.trial_result import TrialState

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "held_out"


def write_held_out(results: Results) -> None:
    """Write held_out/TABLE.csv for each table with several own folds.

    A row is a test row of a fold, as in `predictions/`: `formula`, `target`, `fold`, `seed`, and a
    column for each system (of several classes one for each class), empty where it has no result.

    Raises:
        StudyError: systems have results on different rows. OSError: a file cannot be written.
    """
    table = results.table()
    done = table[(table["state"] == TrialState.DONE) & (table["split"] == GIVEN)]
    done = done[done["rows"].isna()]
    for name, rows in done.groupby("table", sort=False):
        if rows["fold"].nunique() > 1:
            path = results.folder / FOLDER / f"{name}.csv"
            path.parent.mkdir(exist_ok=True)
            write_csv(path, held_out(results, rows))


def held_out(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """The content of the file of a table, from its rows of `Results.table`."""
    import pandas as pd

    folds: list[pd.DataFrame] = []
    for (fold, seed), group in rows.groupby(["fold", "seed"], sort=False):
        systems = group["system"].tolist()
        tasks = [
            Task(row.table, None, GIVEN, row.fold, row.seed, row.system) for row in each(group)
        ]
        joined = pd.DataFrame()
        for system, said in zip(systems, results.said(tasks), strict=True):
            if said is None:
                continue
            if joined.empty:
                joined = said[["formula", "target"]].assign(fold=str(fold), seed=int(str(seed)))
            for column in said.columns:
                if column.startswith("prediction"):
                    joined[system + column.removeprefix("prediction")] = said[column]
        folds.append(joined)
    return pd.concat(folds, ignore_index=True)
