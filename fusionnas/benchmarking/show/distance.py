"""Error against distance: compounds far from the training compositions, against those near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.benchmarking.summary import main_lines
from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, GLOBAL, INK
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["label", "system", "near_mae", "far_mae", "ratio", "unit"]


def distance_table(summary: pd.DataFrame) -> pd.DataFrame:
    """`COLUMNS`: MAE of the nearer and of the farther half of the test compounds, and the ratio."""
    known = main_lines(summary).dropna(subset=["near_mae", "far_mae"])
    known = known[known["complete"]]
    return known.assign(ratio=known["far_mae"] / known["near_mae"])[COLUMNS].reset_index(drop=True)


def error_against_distance(summary: pd.DataFrame) -> View:
    """The ratio of the two errors by system, with one mark for each table.

    Raises:
        ViewError: no result has errors by distance.
    """
    table = distance_table(summary)
    if table.empty:
        raise ViewError("no result has errors by distance from training")
    systems = list(dict.fromkeys(table["system"]))

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        for row in each(table):
            y = len(systems) - 1 - systems.index(row.system)
            ax.plot([row.ratio], [y], "o", ms=6, mec=GLOBAL, mfc="none", alpha=0.85)
        for place, system in enumerate(reversed(systems)):
            mine = table.loc[table["system"] == system, "ratio"]
            ax.plot([np.exp(np.log(mine).mean())], [place], "|", ms=16, mew=2, color=BEST)
        ax.axvline(1, color=INK, lw=0.9)
        ax.set_xscale("log")
        for formatter in (ax.xaxis.set_major_formatter, ax.xaxis.set_minor_formatter):
            formatter(lambda value, place: f"{value:g}")
        ax.tick_params(axis="x", which="both", labelsize=8)
        ax.set_xlabel("MAE of the farther half / MAE of the nearer half")
        ax.set_yticks(range(len(systems)), systems[::-1])
        ax.set_ylim(-0.5, len(systems) - 0.5)
        ax.grid(axis="x")

    return View(
        "distance",
        "Error against distance from training",
        "The distance of a test compound is the share of atoms that must be exchanged to turn it "
        "into the nearest training composition. How many times larger the error is for the farther "
        "half of the test compounds than for the nearer half: each mark is a table, the red line "
        "is the geometric mean.",
        table,
        draw,
        (6.4, 1.4 + 0.34 * len(systems)),
    )
