"""Summarises results: one row for each table and system, with an interval over folds.

A system counts as complete on a table if it has a result for every fold and seed that any system
has there. Only complete systems are ranked and compared, because means over other folds are means
over other compounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.benchmarking.published import OF_LABELS, of_table
from fusionnas.data.reading.classes import CLASSIFICATION, REGRESSION
from fusionnas.searching.trial_result import TrialState
from fusionnas.statistics.bootstrap import LEVEL
from fusionnas.tasks.kinds import TASKS

if TYPE_CHECKING:
    import pandas as pd

TABLE = ["suite", "table", "rows", "split"]  # these columns define a row of the table of errors
ERRORS = ("rmse", "r2", "weighted_error", "coverage_90", "width_90")
SCORE_LABELS = {  # of classes
    "roc_auc": "ROCAUC",
    "roc_auc_labels": "of labels",
    "pr_auc": "PR-AUC",
    "balanced_accuracy": "bal. accuracy",
    "f1": "F1",
    "mcc": "MCC",
}
OF_LABELS_WORDS = (
    "ROCAUC is that of the probabilities. Matbench publishes that of the predicted classes "
    "themselves (of labels), which equals the balanced accuracy of two classes."
)
COSTS = ("cpu_seconds", "wall_seconds", "predict_seconds", "peak_memory_mb")
MEANS = (*ERRORS, *SCORE_LABELS, "near_error", "far_error", *COSTS)
MAE, LOG_LOSS = (TASKS[kind].error for kind in (REGRESSION, CLASSIFICATION))


def summarise(results: pd.DataFrame) -> pd.DataFrame:
    """One row for each table (with its number of rows and its split) and system.

    Args:
        results: table of `Results.table`.

    Returns:
        `TABLE`, `label` (the table in words), `system`, `metric` (MAE for numbers, log loss for
        classes), `error` (its mean), `low` and `high` (95%: Student's t over folds, or the
        bootstrap over test rows for a single fold), `sd` (standard deviation over folds of the
        error, NaN for a single one), `folds` and `seeds` (their numbers), `complete`, the means of
        `MEANS`, of `parameters` and of `train_rows`, `unit`, `standing`, and `published`: the
        published MAE of this system on this table, NaN if there is none.
    """
    import pandas as pd

    done = judged(results[results["state"] == TrialState.DONE])
    rows = []
    for _, group in done.groupby(TABLE, dropna=False, sort=False):
        first = group.iloc[0]
        suite, table, split = (str(first[name]) for name in ("suite", "table", "split"))
        cap = None if pd.isna(first["rows"]) else int(first["rows"])
        of_others = of_table(suite, table) if cap is None and split == GIVEN else {}
        asked = len(group[["fold", "seed"]].drop_duplicates())
        for system, mine in group.groupby("system", sort=False):
            folds = mine.groupby("fold")[["error", "error_low", "error_high"]].mean()
            low, high = _interval(folds)
            sizes = mine["parameters"].dropna()  # a search has others in each fold
            rows.append(
                {
                    **{name: first[name] for name in TABLE},
                    "label": _label(table, cap, split),
                    "system": system,
                    "metric": mine["metric"].iloc[0],
                    "error": float(folds["error"].mean()),
                    "low": low,
                    "high": high,
                    "sd": float(folds["error"].std()),
                    "folds": len(folds),
                    "seeds": mine["seed"].nunique(),
                    "complete": len(mine) == asked,
                    **{name: float(mine[name].mean()) for name in MEANS},
                    "parameters": round(sizes.mean()) if len(sizes) else None,
                    "train_rows": float(mine["train_rows"].mean()),
                    "unit": mine["unit"].iloc[0],
                    "standing": mine["standing"].iloc[0],
                    "published": of_others.get(str(system), np.nan),
                }
            )
    columns = [*TABLE, "label", "system", "metric", "error", "low", "high", "sd", "folds"]
    columns += ["seeds", "complete", *MEANS]
    columns += ["parameters", "train_rows", "unit", "standing", "published"]
    found = pd.DataFrame(rows, columns=columns)
    return found.astype({"complete": bool, "rows": "Int64", "parameters": "Int64"})


def judged(results: pd.DataFrame) -> pd.DataFrame:
    """Results with what judges them: `metric`, `error`, `error_low`, `error_high`, `near_error`
    and `far_error`, which are of the MAE for numbers and of the log loss for classes."""
    found = results.copy()
    of_classes = results[LOG_LOSS.name].notna()
    found["metric"] = np.where(of_classes, LOG_LOSS.label, MAE.label)
    for name in ("{}", "{}_low", "{}_high", "near_{}", "far_{}"):
        of_numbers, of_rest = (results[name.format(m.name)] for m in (MAE, LOG_LOSS))
        found[name.format("error")] = of_rest.where(of_classes, of_numbers)
    return found


def published_scores(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Published ROCAUCs of hard labels for the tables of classes in a summary, as its rows."""
    own = {
        (str(row["suite"]), str(row["table"])): row["label"]
        for row in rows
        if row["split"] == GIVEN and row["rows"] is None
    }
    return [
        {"label": label, "system": f"{system} (published)", "roc_auc_labels": value}
        for (suite, table), label in own.items()
        for system, value in of_table(suite, table, OF_LABELS).items()
    ]


def error_matrix(summary: pd.DataFrame) -> pd.DataFrame:
    """Errors of complete systems on all tables that all of them share; tables by systems.

    A system that is complete on fewer tables than most is left out, and so is a table that another
    system lacks.
    """
    complete = summary[summary["complete"]]
    wide = complete.pivot_table("error", "label", "system", aggfunc="first", sort=False)
    counts = wide.notna().sum()
    kept = wide.loc[:, counts >= counts.median()] if len(counts) else wide
    return kept.dropna()


def main_lines(summary: pd.DataFrame) -> pd.DataFrame:
    """For each table its own split with the highest limit of rows, so that no table counts twice.

    Without own splits it is the first split of the table. The limit chooses, not the mean number of
    training rows, which differs if a fold failed.
    """
    own = summary[summary["split"] == GIVEN]
    if own.empty:
        first = summary.groupby("table")["split"].transform("first")
        own = summary[summary["split"] == first]
    limits = own["rows"].astype("Float64").fillna(np.inf)
    return own[limits == limits.groupby(own["table"]).transform("max")]


def units_of(summary: pd.DataFrame) -> list[str]:
    """What the errors of each row are in: the unit of the table, or the log loss of classes."""
    of_classes = summary["metric"] == LOG_LOSS.label
    return summary["unit"].fillna("").where(~of_classes, LOG_LOSS.label).tolist()


def _label(table: str, cap: int | None, split: str) -> str:
    """The table in words, with its unusual settings."""
    words = [table]
    if cap is not None:
        words.append(f"{cap} rows")
    if split != GIVEN:
        words.append(split)
    return ", ".join(words)


def _interval(folds: pd.DataFrame) -> tuple[float, float]:
    """Interval of the mean over folds: by Student's t; for a single fold over its test rows.

    `folds` has a row for each fold, means over its seeds. Seeds are no draws of compounds, so they
    do not count as folds. The mean of the intervals of several seeds is a little too wide for the
    mean of their errors.
    """
    if len(folds) == 1:
        return float(folds["error_low"].iloc[0]), float(folds["error_high"].iloc[0])
    mean, error = folds["error"].mean(), stats.sem(folds["error"])
    half = error * stats.t.ppf((1 + LEVEL) / 2, len(folds) - 1)
    return max(0.0, float(mean - half)), float(mean + half)  # no error is negative
