"""Compares the best and the second-best system of each table, compound by compound.

Intervals of two systems may overlap although one is better on nearly every compound, because both
have large errors on the same hard compounds. A paired bootstrap over test compounds removes this
common part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.summary import MAE, error_matrix, main_lines
from fusionnas.searching.trial_result import TrialState
from fusionnas.statistics.bootstrap import bootstrap_means, difference, groups_of
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.statistics.several_class_metrics import log_losses
from fusionnas.tasks.columns import values_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["table", "first", "second", "behind", "low", "high", "apart", "unit"]


def firsts_and_seconds(results: Results, summary: pd.DataFrame) -> pd.DataFrame:
    """`COLUMNS`: how far the second is behind the first, with a paired 95% interval.

    `apart` says whether the interval excludes zero. Systems and tables are those that are ranked; a
    table without stored predictions is left out.

    Args:
        results: results whose predictions are read.
        summary: summary of these results, from `summarise`.

    Raises:
        StudyError: two systems have predictions of different rows.
    """
    import pandas as pd

    lines = main_lines(summary)
    errors = error_matrix(lines)
    table = results.table()
    rows = []
    for label, found_errors in errors.iterrows():
        if len(found_errors) < 2:
            continue
        first, second = found_errors.sort_values(kind="stable").index[:2]
        line = lines[lines["label"] == label].iloc[0]
        both = _errors(results, table, line, (str(first), str(second)))
        if both is None:
            continue
        pair, groups = both
        means = bootstrap_means(pair, seed=0, groups=groups)
        found = difference(pair, means, 1, 0)
        rows.append(
            {
                "table": label,
                "first": first,
                "second": second,
                "behind": found.value,
                "low": found.interval.low,
                "high": found.interval.high,
                "apart": found.interval.low > 0,
                "unit": line["unit"],
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS).astype({"apart": bool})


def _errors(
    results: Results, table: pd.DataFrame, line: pd.Series, systems: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Errors (2, N) of two systems on the test rows of all folds and seeds of a table.

    With the number of each row's composition, (N,), if one has several rows.
    """
    import pandas as pd

    cap = None if pd.isna(line["rows"]) else int(line["rows"])
    same = table["rows"].isna() if cap is None else table["rows"] == cap
    same &= (table["table"] == line["table"]) & (table["split"] == line["split"])
    # a fold that only failed has no predictions; the systems that are ranked have all others
    mine = table[same & (table["state"] == TrialState.DONE)]
    found: list[np.ndarray] = []
    formulas: list[np.ndarray] = []
    for fold, seed in mine[["fold", "seed"]].drop_duplicates().itertuples(index=False):
        tasks = [Task(line["table"], cap, line["split"], str(fold), int(seed), n) for n in systems]
        both = [frame for frame in results.said(tasks) if frame is not None]
        if len(both) < len(systems):
            return None
        pair = []
        for said in both:
            values, target = values_of(said, "prediction"), said["target"].to_numpy(float)
            if line["metric"] == MAE.label:
                pair.append(np.abs(values - target))
            else:
                pair.append(log_losses(of_each_class(values), target))
        found.append(np.stack(pair))
        formulas.append(both[0]["formula"].to_numpy(str))
    if not found:
        return None
    return np.concatenate(found, axis=1), groups_of(np.concatenate(formulas))
