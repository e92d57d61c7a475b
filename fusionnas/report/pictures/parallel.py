"""Every trial as a line through its choices, coloured by its error."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import ViewError
from fusionnas.plots.numbers import short
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, CARD, GRID, INK, error_map
from fusionnas.plots.view import View
from fusionnas.report.choices import choices
from fusionnas.report.trial_words import gid, trial_words
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 400  # lines; the best are drawn
FEWEST = 3
CROWDED = 11  # axes whose titles do not fit in one line
SPREAD = 0.6  # of a category's room is taken by its lines
PARAMETERS, ERROR = "parameters", "error"  # axes of numbers


def parallel(material: FinishedStudy) -> View:
    table = choice_table(material)
    if len(table) < FEWEST:
        raise ViewError(f"fewer than {FEWEST} trials are finished")
    names = [c for c in table.columns if c not in ("number", material.val, "architecture")]
    names = [name for name in names if table[name].nunique() > 1]
    chosen = int(material.summary["chosen"]["number"])

    drawn = table.rename(columns={material.val: ERROR})

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        columns = {name: _axis(ax, place, drawn, name) for place, name in enumerate(names)}
        columns[ERROR] = _axis(ax, len(names), drawn, ERROR)
        heights = np.stack(list(columns.values()), axis=1)
        ranks = drawn[ERROR].rank(pct=True).to_numpy()
        colours = error_map()(ranks)
        for row in reversed(range(len(table))):  # the best last, above the others
            number = int(table["number"].iloc[row])
            mine = number == chosen
            _curve(
                ax, heights[row], gid(number), BEST if mine else colours[row], 2.8 if mine else 1.3
            )
        ax.set_xticks(range(len(columns)), _titles([*names, _label(material)]), color=INK)
        ax.tick_params(axis="x", length=0, pad=4)
        ax.set_yticks([])
        ax.set_xlim(-0.25, len(names) + 0.4)
        ax.set_ylim(-0.04, 1.06)
        for spine in ax.spines.values():
            spine.set_visible(False)

    return View(
        "parallel",
        "The choices of every trial",
        "Each line is a network on its way through its choices to its validation error: blue lines "
        "are the better ones, orange the worse, the thick red one is recommended. Choices are "
        "stacked by the mean error of their networks, the best at the bottom.",
        table.drop(columns="architecture"),
        draw,
        (max(10.4, 0.86 * len(names)), 4.4),
        hover=trial_words(material.done, material),
    )


def choice_table(material: FinishedStudy) -> pd.DataFrame:
    """The best trials, a row each: `number`, its choices, `parameters`, `val_mae`."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for row in each(material.done):
        result = material.results.get(int(row.number))
        if result is None:
            continue
        own = choices(result["architecture"])
        rows.append(
            {
                "number": int(row.number),
                **own,
                PARAMETERS: int(row.parameters),
                material.val: getattr(row, material.val),
                "architecture": row.architecture,
            }
        )
    return pd.DataFrame(rows[:MOST])


def _label(material: FinishedStudy) -> str:
    label = f"val. {material.error.label}"
    return f"{label}\n({material.unit})" if material.unit else label


def _titles(labels: list[str]) -> list[str]:
    """Where there are many, every other one a line lower, so that they do not touch."""
    if len(labels) < CROWDED:
        return labels
    last = len(labels) - 1
    return ["\n" * ((last - place) % 2) + label for place, label in enumerate(labels)]


def _axis(ax: Axes, x: int, table: pd.DataFrame, name: str) -> np.ndarray:
    """Draw one axis; where each trial crosses it, (N,), from 0 to 1."""
    ax.plot([x, x], [0, 1], color=GRID, lw=5, solid_capstyle="round", zorder=0)
    values = table[name]
    if name in (PARAMETERS, ERROR):
        return _number_axis(ax, x, values.to_numpy(float), name)
    error = table[ERROR]
    order = error.groupby(values).mean().sort_values().index.tolist()
    if name in ("width", "blocks", "dropout"):
        order = sorted(order)
    room = 1 / len(order)
    heights = np.empty(len(values))
    for place, value in enumerate(order):
        rows = np.flatnonzero((values == value).to_numpy())
        middle = (place + 0.5) * room
        # lines of one category side by side, by their error
        rank = error.iloc[rows].rank(method="first").to_numpy() - 1
        step = rank / (len(rows) - 1) - 0.5 if len(rows) > 1 else np.zeros(1)
        heights[rows] = middle + SPREAD * room * step
        _tick(ax, x, middle, str(value).replace(" + ", "\n+ "))
    return heights


def _number_axis(ax: Axes, x: int, values: np.ndarray, name: str) -> np.ndarray:
    """Low at the bottom; sizes by their logarithm, errors by their distance above the best."""
    low, high = values.min(), values.max()
    scaled = np.log(values) if low > 0 else values
    heights = (scaled - scaled.min()) / (np.ptp(scaled) or 1.0)
    for end, height in ((low, 0.0), (high, 1.0)):
        _tick(ax, x, height, short(round(end) if name == PARAMETERS else end))
    return heights


def _tick(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        linespacing=1.0,
        zorder=6,
        bbox={"boxstyle": "round,pad=0.15", "fc": CARD, "ec": "none", "alpha": 0.8},
    )


def _curve(ax: Axes, heights: np.ndarray, name: str, colour: Any, width: float) -> None:
    """A smooth line from axis to axis, level where it crosses one."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points, codes = [(0.0, heights[0])], [Path.MOVETO]
    for x, (before, after) in enumerate(pairwise(heights)):
        points += [(x + 0.45, before), (x + 0.55, after), (x + 1.0, after)]
        codes += [Path.CURVE4] * 3
    patch = PathPatch(
        Path(points, codes),
        fill=False,
        edgecolor=colour,
        lw=width,
        alpha=0.9,
        gid=name,
        zorder=5 if width > 2 else 3,
    )
    ax.add_patch(patch)
