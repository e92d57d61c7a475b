"""Pictures of networks compared on the same test compositions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import AXIS, BEST, CARD, FAINT, GLOBAL, INK
from fusionnas.plots.view import View
from fusionnas.tasks.columns import values_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 1500  # up to this number of compositions, each is a point
PANELS = 3  # number of networks whose errors are drawn against the first's


def forest_view(table: pd.DataFrame, target: str, unit: str, size: str, judged: Metric) -> View:
    """Test error of each contender, and its difference from the first, with 95% intervals.

    Args:
        table: table of `fusionnas.insight.comparison.judgement.judge`.
        target, unit: name and unit of the property.
        size: number of test compositions or rows, in words.
        judged: the error.
    """
    error_of = judged.name
    first = str(table["name"].iloc[0])
    suffix = f" ({unit})" if unit else ""

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2, sharey=True, width_ratios=[1.25, 1])
        rows = table.to_dict("records")
        for place, row in enumerate(rows):
            y, color = len(rows) - 1 - place, INK if row["kind"] == "yardstick" else GLOBAL
            color = BEST if place == 0 else color
            shape = "D" if row["kind"] == "yardstick" else "o"
            own, ends = row[error_of], (row[f"{error_of}_low"], row[f"{error_of}_high"])
            error = [[own - ends[0]], [ends[1] - own]]
            look = {"fmt": shape, "color": color, "ms": 6, "capsize": 3, "lw": 1.6}
            left.errorbar(own, y, xerr=error, **look)
            left.annotate(
                f"{own:.4g}",
                (own, y),
                xytext=(0, 7),
                ha="center",
                textcoords="offset points",
                fontsize=8.5,
                color=color,
            )
            if place == 0:
                continue
            low, value, high = (row[f"difference{e}"] for e in ("_low", "", "_high"))
            tie = row["verdict"] == "tie"
            error = [[value - low], [high - value]]
            right.errorbar(value, y, xerr=error, mfc=CARD if tie else color, **look)
            words = f"{value:+.3g}" + " (tie)" * tie
            right.annotate(
                words,
                (value, y),
                xytext=(0, 7),
                ha="center",
                fontsize=8.5,
                textcoords="offset points",
                color=color,
            )
        right.axvline(0, color=AXIS, lw=0.9)
        left.set_yticks(range(len(rows)), [str(row["name"]) for row in rows][::-1])
        left.set_ylim(-0.6, len(rows) - 0.3)
        left.set_xlabel(f"test {judged.label}{suffix}")
        right.set_xlabel(f"difference from the first{suffix}")
        for ax in (left, right):
            ax.tick_params(axis="y", length=0)
            ax.margins(x=0.12)
            ax.grid(axis="x")

    return View(
        name=f"compare-{error_of.replace('_', '-')}",
        title=f"Test error of {target}",
        caption=(
            f"{judged.label[:1].upper()}{judged.label[1:]} on {size} "
            f"that none of the networks has seen, and its difference from {first}. Intervals "
            "contain 95% of 10,000 draws of the test compositions, the same draws for all. Left of "
            "zero is better; open marks are ties."
        ),
        table=table,
        draw=draw,
        size=(7.6, 1.3 + 0.55 * len(table)),
    )


def errors_view(
    predictions: pd.DataFrame, first: str, others: Sequence[str], unit: str, task: Task
) -> View:
    """Errors of other networks against those of the first, composition by composition.

    Args:
        predictions: table of `fusionnas.insight.comparison.judgement.error_table`.
        first: network on the horizontal axis.
        others: networks on the vertical axes; at most three are drawn.
        unit: unit of the target.
        task: task whose error of a row is drawn: the absolute error, or the log loss of classes.
    """
    import pandas as pd

    shown = list(others)[:PANELS]
    target = predictions["target"].to_numpy(float)
    losses = {n: task.row_errors(values_of(predictions, n), target) for n in (first, *shown)}
    errors = pd.DataFrame({"formula": predictions["formula"], **losses})
    kind = "|error|" if task is REGRESSION else task.error.label
    suffix = f" ({unit})" if unit else ""

    def draw(fig: Figure) -> None:
        axes = fig.subplots(1, len(shown), squeeze=False, sharey=True)[0]
        values = errors[[first, *shown]].to_numpy()
        # the scale ends at a thousandth of the largest error
        high = float(values.max()) * 1.2 or 1.0
        low = max(float(np.quantile(values, 0.005)), high / 3000)
        for ax, other in zip(axes, shown, strict=True):
            x, y = errors[first].clip(lower=low), errors[other].clip(lower=low)
            if len(x) < FEW:
                ax.loglog(x, y, "o", ms=3, mew=0, color=INK, alpha=0.45)
            else:
                _cells(ax, x, y, low, high)
            ax.plot([low, high], [low, high], color=BEST, lw=1.1)
            below = float((errors[other] < errors[first]).mean())
            above = float((errors[other] > errors[first]).mean())
            ax.text(
                0.97,
                0.04,
                f"{other} nearer: {below:.0%}",
                transform=ax.transAxes,
                ha="right",
                fontsize=8,
                color=GLOBAL,
                bbox=_PLATE,
            )
            ax.text(
                0.03,
                0.93,
                f"{first} nearer: {above:.0%}",
                transform=ax.transAxes,
                fontsize=8,
                color=BEST,
                bbox=_PLATE,
            )
            ax.set_xlabel(f"{kind} of {first}{suffix}")
            ax.set_ylabel(f"{kind} of {other}{suffix}")
            ax.set_aspect("equal")
            ax.set_xlim(low, high)
            ax.set_ylim(low, high)

    more = f" {len(others) - PANELS} more are in the table." if len(others) > PANELS else ""
    return View(
        name="compare-errors",
        title="Errors, composition by composition",
        caption=(
            "Each test composition by its error in two networks, both on logarithmic "
            "scales; if there are many, darker cells contain more. Below the line the other "
            "network is nearer. Shares are of all compositions; equal errors count for neither."
            f"{more}"
        ),
        table=errors,
        draw=draw,
        size=(max(4.4, 3.5 * len(shown)), 3.9),
    )


def _cells(ax: Axes, x: pd.Series, y: pd.Series, low: float, high: float) -> None:
    """Too many points to see: darker cells contain more."""
    ends = (*np.log10([low, high]), *np.log10([low, high]))
    ax.hexbin(
        x,
        y,
        gridsize=40,
        xscale="log",
        yscale="log",
        bins="log",
        mincnt=1,
        cmap="Greys",
        extent=ends,
        lw=0.2,
        vmin=0.35,
    )


_PLATE = {"facecolor": CARD, "edgecolor": FAINT, "lw": 0.5, "alpha": 0.9, "pad": 2}
