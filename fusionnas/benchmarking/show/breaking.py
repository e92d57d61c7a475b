"""Where systems break: the error on folds that leave out chemistry, against a table's own folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.benchmarking.show.ratios import draw_ratios
from fusionnas.errors import ViewError
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["table", "split", "system", "own_error", "error", "ratio", "apart", "unit"]


def beside_own_folds(summary: pd.DataFrame) -> pd.DataFrame:
    """Complete results on splits of all rows, each beside that on the table's own folds.

    The columns of the latter end in `_own`.
    """
    whole = summary[summary["complete"] & summary["rows"].isna()]
    others, own = whole[whole["split"] != GIVEN], whole[whole["split"] == GIVEN]
    return others.merge(own, on=["table", "system"], suffixes=("", "_own"))


def breaking_table(summary: pd.DataFrame) -> pd.DataFrame:
    """`COLUMNS`: errors on a table's own folds and on another split of all rows, and their ratio.

    `apart` says whether the 95% intervals of the two do not touch.
    """
    found = beside_own_folds(summary)
    return found.assign(
        own_error=found["error_own"],
        ratio=found["error"] / found["error_own"],
        apart=(found["low"] > found["high_own"]) | (found["high"] < found["low_own"]),
    )[COLUMNS]


def where_systems_break(summary: pd.DataFrame) -> View:
    """The ratio of errors, by system; one mark for each table, filled if intervals do not touch.

    Raises:
        ViewError: no table was run with its own folds and with another split.
    """
    table = breaking_table(summary)
    if table.empty:
        raise ViewError(
            "no table was run with its own folds and with another split (--split elements)"
        )
    splits = list(dict.fromkeys(table["split"]))
    systems = list(dict.fromkeys(table["system"]))

    def draw(fig: Figure) -> None:
        axes = fig.subplots(1, len(splits), squeeze=False, sharex=True, sharey=True)[0]
        for ax, split in zip(axes, splits, strict=True):
            ax.set_title(split)
            mine = table[table["split"] == split]
            draw_ratios(ax, mine, systems, "error / error on the table's own folds")

    return View(
        "breaking",
        "Where systems break",
        "How many times larger the error is on folds that leave out elements, chemical systems, "
        "clusters of compositions, or the highest targets (tail), than on the table's own folds. "
        "Each mark is a table; it is filled where the two 95% intervals do not touch, and the red "
        "line is the geometric mean.",
        table,
        draw,
        (2.2 + 3.0 * len(splits), 1.4 + 0.34 * len(systems)),
    )
