"""The lowest validation MAE after each trial, over trials and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.rows import each
from fusionnas.plots.style import BAND, BEST, whole_numbers
from fusionnas.plots.view import View
from fusionnas.report.trial_words import gid, trial_words
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def best_so_far(material: FinishedStudy) -> View:
    table = course(material)
    timed = bool(table["minutes"].notna().all())

    def draw(fig: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        left, *right = fig.subplots(1, 1 + timed, sharey=True, squeeze=False)[0]
        _steps(left, table.sort_values("number"), "number", material.val, with_marks=True)
        left.set_xlabel("trial")
        whole_numbers(left.xaxis)
        left.set_ylabel(material.with_unit(f"validation {material.error.label}"))
        for ax in right:
            _steps(ax, table.sort_values("minutes"), "minutes", material.val, with_marks=False)
            ax.set_xlabel("minutes of searching")
            ax.xaxis.set_major_locator(MaxNLocator(4))
        left.set_ylim(*_limits(table[material.val]))

    return View(
        "best-so-far",
        "Best so far",
        "Each dot is a finished trial, the line the lowest validation "
        f"{material.error.label} until then"
        + (f" ({material.unit})" if material.unit else "")
        + ". Dots at the upper edge lie above it. Time counts from the first trial on, pauses of "
        "the search left out.",
        table,
        draw,
        (5.8, 3.4),
        hover=trial_words(material.done, material),
    )


def course(material: FinishedStudy) -> pd.DataFrame:
    """Finished trials by number: `number`, `val_mae`, `best_mae`, `minutes` (NaN if not kept).

    The names of the errors are those of the task.
    """
    rows = material.done.sort_values("number")[["number", material.val]]
    rows = rows.reset_index(drop=True)
    rows[material.error.key("best")] = rows[material.val].cummin()
    rows["minutes"] = rows["number"].map(minutes(material))
    return rows


def minutes(material: FinishedStudy) -> dict[int, float]:
    """When each trial ended, in minutes of searching since the first began; pauses don't count."""
    spans = {
        trial.number: (trial.datetime_start.timestamp(), trial.datetime_complete.timestamp())
        for trial in material.optuna_trials
        if trial.datetime_start is not None
        and trial.datetime_complete is not None
        and trial.values is not None
    }
    found, passed, reached = {}, 0.0, -np.inf
    for number, (begun, ended) in sorted(spans.items(), key=lambda item: item[1][1]):
        passed += max(0.0, ended - max(begun, reached))
        reached = max(reached, ended)
        found[number] = passed / 60
    return found


def _steps(ax: Axes, rows: pd.DataFrame, x: str, error: str, with_marks: bool) -> None:
    _, high = _limits(rows[error])
    for row in each(rows) if with_marks else ():
        ax.plot(
            [row.number],
            [min(getattr(row, error), high)],
            "o",
            ms=4.5,
            mew=0,
            color=BAND,
            alpha=0.9,
            gid=gid(row.number),
            clip_on=False,
        )
    ax.step(rows[x], rows[error].cummin(), where="post", color=BEST, lw=2.2)
    ax.grid(axis="y")


def _limits(values: pd.Series) -> tuple[float, float]:
    """From below the best to three times the middle distance above it."""
    low, middle = float(values.min()), float(values.median())
    reach = max(3 * (middle - low), 0.02 * abs(low)) or 1.0
    high = min(float(values.max()), low + reach)
    return low - 0.06 * (high - low or 1.0), high if high > low else low + 1.0
