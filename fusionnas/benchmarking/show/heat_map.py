"""Errors of all systems on all tables, coloured row by row; published figures beside measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.benchmarking.published import of_table
from fusionnas.benchmarking.summary import main_lines, units_of
from fusionnas.errors import ViewError
from fusionnas.plots.numbers import short
from fusionnas.plots.style import AXIS, FAINT, INK, ON_DARK, ON_LIGHT, TICK, error_map
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PUBLISHED = " (published)"
MOST = 2.0  # times the lowest error of a row; from here on a cell is orange


def heat_map(summary: pd.DataFrame) -> View:
    """One row for each table, one column for each system; blue is a row's lowest error.

    Raises:
        ViewError: there is no result.
    """
    summary = main_lines(summary)
    measured = measured_and_published(summary)
    if measured.empty:
        raise ViewError("no system has a result yet")
    names = [name for name in measured.columns if not name.endswith(PUBLISHED)]
    units = dict(zip(summary["label"], units_of(summary), strict=True))

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        values = measured.to_numpy(dtype=float)
        ax.imshow(_share(values), cmap=error_map(), vmin=0, vmax=1, aspect="auto")
        for row, line in enumerate(values):
            _write(ax, row, line)
        ax.set_xticks(range(len(measured.columns)), _headings(measured), rotation=40, ha="right")
        labels = [f"{name} ({units[name]})" if units[name] else name for name in measured.index]
        ax.set_yticks(range(len(labels)), labels)
        ax.tick_params(length=0)
        if len(names) < len(measured.columns):
            ax.axvline(len(names) - 0.5, color=INK, lw=1.6)
            place = (len(names) + len(measured.columns)) / 2 - 0.5
            ax.text(place, -0.62, "published", ha="center", fontsize=9, color=TICK)
        ax.set_xticks(np.arange(len(measured.columns)) - 0.5, minor=True)
        ax.set_yticks(np.arange(len(labels)) - 0.5, minor=True)
        ax.grid(which="minor", color=FAINT, lw=0.6)
        ax.tick_params(which="minor", length=0)
        for spine in ax.spines.values():
            spine.set_edgecolor(AXIS)

    height, width = measured.shape
    return View(
        "errors",
        "Errors on every table",
        "Mean test error over folds and seeds, on each table's own folds and with the most "
        "training rows that were run: the MAE in the unit of the table, or the log loss of "
        "classes. Colours go from the lowest error of a row (blue) to twice that and more "
        "(orange). A blank cell has no complete result. Published figures are those of their "
        "authors, by their own trainings.",
        measured.reset_index(names="table"),
        draw,
        (3.2 + 0.72 * width, 1.7 + 0.42 * height),
    )


def measured_and_published(summary: pd.DataFrame) -> pd.DataFrame:
    """Errors of complete systems, tables by systems; further columns contain published figures."""
    complete = summary[summary["complete"]]
    wide = complete.pivot_table("error", "label", "system", aggfunc="first", sort=False)
    own = summary[(summary["split"] == GIVEN) & summary["rows"].isna()]
    found = {
        label: of_table(suite, table)
        for label, suite, table in own[["label", "suite", "table"]]
        .drop_duplicates()
        .itertuples(index=False)
        if label in wide.index
    }
    systems = dict.fromkeys(system for figures in found.values() for system in figures)
    for system in systems:
        wide[f"{system}{PUBLISHED}"] = [
            found.get(label, {}).get(system, np.nan) for label in wide.index
        ]
    return wide


def _share(values: np.ndarray) -> np.ndarray:
    """Position of each value between the lowest of its row (0) and `MOST` times that (1)."""
    logs = np.log(np.where(values > 0, values, np.nan))
    return np.clip((logs - np.nanmin(logs, axis=1, keepdims=True)) / np.log(MOST), 0, 1)


def _write(ax: Axes, row: int, line: np.ndarray) -> None:
    best = np.nanmin(line)
    for column, value in enumerate(line):
        if np.isfinite(value):
            weight = "bold" if value == best else "normal"
            share = _share(line[None])[0, column]
            color = ON_DARK if share < 0.25 else ON_LIGHT
            ax.text(
                column,
                row,
                short(float(f"{value:.3g}")),
                ha="center",
                va="center",
                fontsize=8,
                color=color,
                fontweight=weight,
            )


def _headings(measured: pd.DataFrame) -> list[str]:
    return [str(name).removesuffix(PUBLISHED) for name in measured.columns]
