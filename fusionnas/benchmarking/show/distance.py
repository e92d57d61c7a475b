"""Error against distance: compounds far from the training compositions, against those near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.benchmarking.show.ratios import draw_ratios
from fusionnas.benchmarking.summary import main_lines
from fusionnas.errors import ViewError
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["label", "system", "near_error", "far_error", "ratio", "unit"]


def distance_table(summary: pd.DataFrame) -> pd.DataFrame:
    """`COLUMNS`: errors of the nearer and the farther half of the test compounds, and the ratio."""
    known = main_lines(summary).dropna(subset=["near_error", "far_error"])
    known = known[known["complete"]]
    return known.assign(ratio=known["far_error"] / known["near_error"])[COLUMNS].reset_index(
        drop=True
    )


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
        draw_ratios(
            fig.subplots(), table, systems, "error of the farther half / error of the nearer half"
        )

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
