"""Computes errors, intervals, differences and verdicts from predictions of contenders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.stored_rows import column_of
from fusionnas.insight.comparison.contenders import Contender
from fusionnas.insight.comparison.test_set import TestSet
from fusionnas.statistics.bootstrap import bootstrap_means, difference, holm, interval
from fusionnas.tasks.columns import columns_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

SIGNIFICANT = 0.05


def judge(
    contenders: Sequence[Contender], test: TestSet, seed: int, task: Task = REGRESSION
) -> pd.DataFrame:
    """One row for each contender, in the given order; all differences are from the first.

    Columns: `name`, `kind`, `mae` with its 95% interval `mae_low` and `mae_high`, `rmse` (for
        classes `log_loss` with its interval, and what the task has beside it);
        `difference` of this error from the first with `difference_low` and `difference_high`, `p`
        corrected for the number of contenders, `verdict` (better, worse or tie; empty for the
        first); `wins`, the share of compositions where it is nearer than the first, with ties as
        half; then the facts of the contenders.
    """
    import pandas as pd

    errors = np.stack([task.row_errors(c.predictions, test.targets) for c in contenders])
    name = task.error.name
    means = bootstrap_means(errors, seed, groups=test.groups)
    rows: list[dict[str, Any]] = []
    for place, contender in enumerate(contenders):
        spread = interval(means[:, place])
        row: dict[str, Any] = {
            "name": contender.name,
            "kind": contender.kind,
            name: errors[place].mean(),
            f"{name}_low": spread.low,
            f"{name}_high": spread.high,
        }
        row |= {m.name: m.measure(contender.predictions, test.targets) for m in task.beside}
        rows.append(row | _against_first(errors, means, place) | dict(contender.facts))
    frame = pd.DataFrame(rows)
    frame.loc[1:, "p"] = holm(frame.loc[1:, "p"].to_numpy())
    frame["verdict"] = [_verdict(row) for row in frame.to_dict("records")]
    return frame


def _against_first(errors: np.ndarray, means: np.ndarray, place: int) -> dict[str, Any]:
    """The columns that compare a contender with the first; empty for the first itself."""
    if place == 0:
        nothing = ("difference", "difference_low", "difference_high", "p", "wins")
        return dict.fromkeys(nothing, np.nan) | {"verdict": ""}
    found = difference(errors, means, place, 0)
    nearer, same = errors[place] < errors[0], errors[place] == errors[0]
    return {
        "difference": found.value,
        "difference_low": found.interval.low,
        "difference_high": found.interval.high,
        "p": found.p,
        "verdict": "",
        "wins": float(nearer.mean() + same.mean() / 2),
    }


def error_table(
    contenders: Sequence[Contender], test: TestSet, classes: Sequence[str] = ()
) -> pd.DataFrame:
    """One row for each test row: `formula`, its conditions, `target`, and each prediction.

    Of more than two classes, each has a column (`fusionnas.tasks.columns`).
    """
    import pandas as pd

    columns: dict[str, Any] = {"formula": test.table.formulas()}
    columns |= {column_of(name): cells for name, cells in test.cells.items()}
    columns["target"] = test.targets
    for contender in contenders:
        columns |= columns_of(contender.name, contender.predictions, classes)
    return pd.DataFrame(columns)


def _verdict(row: dict[Any, Any]) -> str:
    """Better or worse than the first if chance does not explain it; otherwise a tie."""
    if row["p"] != row["p"]:
        return ""
    if row["p"] >= SIGNIFICANT:
        return "tie"
    return "better" if row["difference"] < 0 else "worse"
