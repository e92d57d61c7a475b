"""The error on the test part along each condition beside the formula."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.conditions import NUMBER, Condition
from fusionnas.data.stored_rows import stored_cells
from fusionnas.errors import ViewError
from fusionnas.plots.style import BEST, TICK
from fusionnas.plots.view import View
from fusionnas.statistics.bootstrap import groups_of, mean_intervals
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

GROUPS = 8  # of the values of a number
SHOWN = 4  # conditions in the picture
FEWEST = 5  # rows of a group for an interval
MISSING = "missing"


def error_by_condition(material: FinishedStudy) -> View:
    known = material.folder.conditions
    if known is None:
        raise ViewError("the data have no conditions beside the formula")
    table = _table(material)
    shown = known.names[:SHOWN]
    mean = material.summary["chosen"][material.test]

    def draw(fig: Figure) -> None:
        axes = fig.subplots(1, len(shown), squeeze=False, sharey=True)[0]
        for ax, name in zip(axes, shown, strict=True):
            own = table[table["condition"] == name]
            x = np.arange(len(own))
            ax.axhline(mean, color=TICK, lw=1, ls="--")
            ax.vlines(x, own["low"], own["high"], color=BEST, lw=2.2)
            ax.plot(x, own[material.error.name], "o", color=BEST, ms=7, mew=0)
            ax.set_xticks(x, own["value"], rotation=30, ha="right", fontsize=8)
            ax.set_xlabel(name)
            ax.margins(x=0.1)
            ax.grid(axis="y")
        axes[0].set_ylim(bottom=0)
        axes[0].set_ylabel(material.with_unit(f"test {material.error.label}"))

    more = f" The table has all {known.count} conditions." if known.count > SHOWN else ""
    return View(
        "error-by-condition",
        "Error along each condition",
        "The error of the recommended network on the test rows with each value of a condition; "
        f"many values of a number are joined to {GROUPS} groups of about equal size. Lines are 95% "
        f"bootstrap intervals, where there are {FEWEST} rows or more, and the dashed line is the "
        f"error on all test rows.{more}",
        table,
        draw,
        (max(4.2, 2.9 * len(shown)), 3.4),
    )


def _table(material: FinishedStudy) -> pd.DataFrame:
    """A row for each group of values of a condition, with the error on its test rows."""
    import pandas as pd

    known = material.folder.conditions
    assert known is not None
    cells, error = stored_cells(material.predictions, known), material.test_losses
    keys, rows = material.test_compositions.keys(), list[dict[str, Any]]()
    for column in known.columns:
        names, place = _groups(column, np.array(cells[column.name], dtype=object))
        for group, value in enumerate(names):
            here = place == group
            own, groups = error[here], groups_of(keys[here])
            low = high = np.nan
            if len(own) >= FEWEST:
                low, high = mean_intervals(own[None], groups=groups)[0]
            rows.append(
                {
                    "condition": column.name,
                    "value": value,
                    "rows": len(own),
                    material.error.name: float(own.mean()),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows)


def _groups(column: Condition, cells: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of the groups of cells (N,), missing ones last, and the group of each cell (N,)."""
    given = cells != ""
    if column.kind != NUMBER:
        words, group = np.unique(np.where(given, cells, MISSING).astype(str), return_inverse=True)
        return words.tolist(), group
    values = cells[given].astype(float)
    different = np.unique(values)
    place = np.full(len(cells), -1)
    if len(different) <= GROUPS:
        names = [f"{value:g}" for value in different]
        place[given] = np.searchsorted(different, values)
    else:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, GROUPS + 1)))
        names = [f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges)]
        place[given] = np.searchsorted(edges[1:-1], values, side="right")
    used = np.unique(place[given])
    place[given] = np.searchsorted(used, place[given])
    place[~given] = len(used)
    return [names[group] for group in used] + [MISSING] * bool((~given).any()), place
