"""Error against cost: the gain from more processor time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.benchmarking.summary import error_matrix, main_lines
from fusionnas.errors import ViewError
from fusionnas.plots.numbers import short
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, GLOBAL
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST = 3.0  # systems with a larger relative error are not drawn, if two remain


def cost_table(summary: pd.DataFrame) -> pd.DataFrame:
    """`system`, `cpu_seconds`, `wall_seconds`, `relative_error`, `peak_memory_mb`, `on_front`.

    Seconds and errors are geometric means over the tables of `error_matrix`. An error is relative
    to the lowest measured one on its table. A system is on the front if no cheaper one is better.
    """
    import pandas as pd

    lines = main_lines(summary)
    errors = error_matrix(lines)
    columns = ["system", "cpu_seconds", "wall_seconds", "relative_error", "peak_memory_mb"]
    if errors.empty:
        return pd.DataFrame(columns=[*columns, "on_front"])
    relative = errors.div(errors.min(axis=1), axis=0)
    kept = lines[lines["label"].isin(errors.index)]
    rows = []
    for system in errors.columns:
        mine = kept[kept["system"] == system]
        rows.append(
            {
                "system": system,
                "cpu_seconds": _geometric(mine["cpu_seconds"]),
                "wall_seconds": _geometric(mine["wall_seconds"]),
                "relative_error": _geometric(relative[system]),
                "peak_memory_mb": float(mine["peak_memory_mb"].max()),
            }
        )
    frame = pd.DataFrame(rows).sort_values(["cpu_seconds", "relative_error"], ignore_index=True)
    lowest = frame["relative_error"].cummin().shift(fill_value=np.inf)
    frame["on_front"] = frame["relative_error"] < lowest
    return frame


def error_against_cost(summary: pd.DataFrame) -> View:
    """Relative error against processor seconds, both over all tables, with the Pareto front.

    Raises:
        ViewError: no system is complete.
    """
    table = cost_table(summary)
    if table.empty:
        raise ViewError("no system is complete on a table")
    tables = len(error_matrix(main_lines(summary)))
    near = table[table["relative_error"] <= MOST]
    shown = near if len(near) > 1 else table
    above = [
        f"{row.system} ({row.relative_error:.3g})"
        for row in each(table)
        if row.system not in set(shown["system"])
    ]

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        front = shown[shown["on_front"]]
        ax.step(front["cpu_seconds"], front["relative_error"], where="post", color=BEST, lw=1.2)
        for row in each(shown):
            ax.plot(
                [row.cpu_seconds],
                [row.relative_error],
                "o",
                ms=7,
                mew=0,
                color=BEST if row.on_front else GLOBAL,
                gid=f"system-{row.system}",
            )
            ax.annotate(
                row.system,
                (row.cpu_seconds, row.relative_error),
                xytext=(6, 5),
                textcoords="offset points",
                fontsize=8.5,
            )
        ax.set_xscale("log")
        ax.set_yscale("log")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda value, place: f"{value:g}")
            axis.set_minor_formatter(lambda value, place: f"{value:g}")
        ax.tick_params(axis="x", which="both", labelrotation=30, labelsize=8.5)
        ax.set_xlabel("processor seconds of a fit")
        ax.set_ylabel("error, relative to the best")
        ax.margins(x=0.16, y=0.12)
        ax.grid()

    return View(
        "cost",
        "Error against cost",
        f"Geometric means over {tables} {'table' if tables == 1 else 'tables'}: processor seconds "
        "of one fit, all that it starts included, and the error divided by the lowest measured one "
        "of its table (MAE, or log loss of classes). The red line joins what no cheaper system "
        "beats." + (f" Above the picture: {', '.join(above)}." if above else ""),
        table,
        draw,
        (6.2, 4.4),
        hover={
            f"system-{row.system}": f"{row.system}: {short(row.relative_error)} of the best, "
            f"{short(row.cpu_seconds)} s of processor, {short(row.wall_seconds)} s of wall time"
            for row in each(shown)
        },
    )


def _geometric(values: pd.Series) -> float:
    return float(np.exp(np.log(values.clip(lower=1e-3)).mean()))
