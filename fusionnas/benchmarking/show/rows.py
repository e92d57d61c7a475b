"""Error against the number of training rows, table by table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import SERIES
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_MARKS = "osD^vPX<>"
COLUMNS = 3  # panels in each row


def error_against_rows(summary: pd.DataFrame) -> View:
    """The error on the same test part after training on fewer rows; one panel for each table.

    Raises:
        ViewError: no table was run with several numbers of rows.
    """
    own = summary[(summary["split"] == GIVEN) & summary["complete"]]
    sizes = own.groupby("table")["label"].nunique()
    tables = list(sizes[sizes > 1].index)
    if not tables:
        raise ViewError("no table was run with several numbers of rows (--rows 100,1000,all)")
    shown = own[own["table"].isin(tables)].sort_values(["table", "system", "train_rows"])
    systems = list(dict.fromkeys(own["system"]))
    across = min(COLUMNS, len(tables))
    down = math.ceil(len(tables) / across)

    def draw(fig: Figure) -> None:
        from matplotlib.ticker import LogFormatter

        axes = fig.subplots(down, across, squeeze=False)
        for ax, table in zip(axes.flat, tables, strict=False):
            mine = shown[shown["table"] == table]
            for place, system in enumerate(systems):
                line = mine[mine["system"] == system]
                if len(line):
                    error, low, high = (line[name].to_numpy() for name in ("error", "low", "high"))
                    ax.errorbar(
                        line["train_rows"].to_numpy(),
                        error,
                        yerr=[error - low, high - error],
                        marker=_MARKS[place % len(_MARKS)],
                        color=SERIES[place % len(SERIES)],
                        ms=5,
                        lw=1.3,
                        elinewidth=0.8,
                        label=system,
                    )
            ax.set_xscale("log")
            ax.set_yscale("log")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_formatter(LogFormatter())
                axis.set_minor_formatter(LogFormatter())
            one = next(each(mine))
            ax.set_title(table)
            ax.set_ylabel(f"{one.metric} ({one.unit})" if one.unit else one.metric)
            ax.set_xlabel("training rows")
            ax.grid(which="both")
        for ax in list(axes.flat)[len(tables) :]:
            ax.set_visible(False)
        handles, labels = axes.flat[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8.5)

    columns = ["table", "system", "train_rows", "metric", "error", "low", "high", "folds", "unit"]
    return View(
        "rows",
        "Error against training rows",
        "Test error after training on fewer rows, both on logarithmic scales; the test part is the "
        "same for all. Bars are 95% intervals over folds, or over the test rows of a single fold.",
        shown[columns],
        draw,
        (max(5.6, 3.4 * across), 0.9 + 3.0 * down),
    )
