"""Whether intervals tell where systems break: their coverage and width on both kinds of folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.benchmarking.show.breaking import beside_own_folds
from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, GLOBAL, INK
from fusionnas.plots.view import View
from fusionnas.statistics.calibration import CHECKED_LEVEL

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ["table", "split", "system", "own_coverage", "coverage", "wider", "larger_error"]
TOLD = 0.05  # intervals whose coverage falls by less tell of the break


def coverage_table(summary: pd.DataFrame) -> pd.DataFrame:
    """`COLUMNS`: coverage of 90% intervals on a table's own folds and on another split.

    `wider` is the ratio of the mean widths, and `larger_error` that of the mean absolute errors: an
    interval that knows of the break is wider by as much as the error is larger.
    """
    found = beside_own_folds(summary[summary["coverage_90"].notna()])
    return found.assign(
        own_coverage=found["coverage_90_own"],
        coverage=found["coverage_90"],
        wider=found["width_90"] / found["width_90_own"],
        larger_error=found["error"] / found["error_own"],
    )[COLUMNS]


def coverage_words(table: pd.DataFrame) -> str:
    """In how many cases the intervals tell of the break, from `coverage_table`."""
    told = int((table["coverage"] >= table["own_coverage"] - TOLD).sum())
    return (
        f"In {told} of {len(table)} cases the coverage falls by less than {TOLD:.0%}, so that the "
        "intervals tell of the break; in the others they are too narrow there."
    )


def coverage_where_systems_break(summary: pd.DataFrame) -> View:
    """Coverage on a table's own folds and on another split, joined by a line for each table.

    Raises:
        ViewError: no system with intervals was run on both.
    """
    table = coverage_table(summary)
    if table.empty:
        raise ViewError(
            "no system with intervals was run with a table's own folds and with another split"
        )
    splits, systems = (list(dict.fromkeys(table[name])) for name in ("split", "system"))

    def draw(fig: Figure) -> None:
        axes = fig.subplots(1, len(splits), squeeze=False, sharex=True, sharey=True)[0]
        for ax, split in zip(axes, splits, strict=True):
            for row in each(table[table["split"] == split]):
                place = len(systems) - 1 - systems.index(row.system)
                ends = [row.own_coverage, row.coverage]
                ax.plot(ends, [place] * 2, color=GLOBAL, lw=1.2, alpha=0.6)
                ax.plot(ends[:1], [place], "o", ms=6, mec=GLOBAL, mfc="white")
                ax.plot(ends[1:], [place], "o", ms=6, mec=GLOBAL, mfc=GLOBAL)
            ax.axvline(CHECKED_LEVEL, color=BEST, lw=1.2)
            ax.set_title(split)
            ax.set_xlabel("coverage of 90% intervals")
            ax.set_yticks(range(len(systems)), systems[::-1], color=INK)
            ax.set_ylim(-0.5, len(systems) - 0.5)
            ax.set_xlim(min(0.6, table[["coverage", "own_coverage"]].min().min() - 0.05), 1.02)
            ax.grid(axis="x")

    return View(
        "coverage",
        "Do the intervals tell of the break?",
        "The share of test compounds in the 90% intervals of a system: the open mark is that on "
        "the table's own folds, the filled one that on the other split; the line is at 90%. A "
        "system that knows where it breaks has wider intervals there, and keeps its coverage. "
        f"{coverage_words(table)}",
        table,
        draw,
        (2.2 + 3.0 * len(splits), 1.4 + 0.34 * len(systems)),
    )
