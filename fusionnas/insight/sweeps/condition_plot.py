"""A property along a condition: curves for a number, marks for the words of a category."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.insight.sweeps.line_plot import MARKERS
from fusionnas.plots.formula_text import subscripted
from fusionnas.plots.style import INK, SERIES
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fusionnas.insight.sweeps.condition_sweep import ConditionSweep

STYLES = ("-", "--", ":", "-.")  # of the words of a category
_MARKS = (  # without and with fixed conditions
    " Marks are the known values of these compositions.",
    " Marks are the known values of these compositions, faint where another condition differs.",
)
SPREAD = 0.5  # of the marks over one word, in units of the distance between words


def condition_view(found: ConditionSweep) -> View:
    """Predictions with their 90% intervals along a condition, with the known values.

    One panel for each model, one colour for each formula, and one line style for each word of
    `found.by`. Known values under other conditions than those of the curves are faint.
    """

    def draw(fig: Figure) -> None:
        axes = fig.subplots(1, len(found.networks), squeeze=False, sharey=True)[0]
        for ax, network in zip(axes, found.networks, strict=True):
            own = found.table[found.table["network"] == network]
            _panel(ax, found, own)
            ax.set_xlabel(found.along)
            if len(axes) > 1:
                ax.set_title(network, fontsize=9)
        axes[0].set_ylabel(f"{found.target} ({found.unit})" if found.unit else found.target)
        axes[0].legend(fontsize=8, ncols=3, loc="lower left", bbox_to_anchor=(0, 1.06))

    at = ", ".join(f"{name}={cell}" for name, cell in found.fixed.items())
    return View(
        name="sweep-" + re.sub("[^a-z0-9]+", "-", found.along.lower()).strip("-"),
        title=f"{found.target} along {found.along}",
        caption=f"Predictions of {', '.join(found.formulas)}"
        + (" with their 90% intervals" if "lower" in found.table else "")
        + (f", at {at}." if at else ".")
        + (_MARKS[bool(found.fixed)] if found.one_value else ""),
        table=found.table,
        draw=draw,
        size=(max(6.0, 4.2 * len(found.networks)), 4.4),
    )


def _panel(ax: Axes, found: ConditionSweep, own: pd.DataFrame) -> None:
    """The curves of one model and the known values."""
    places = {formula: place for place, formula in enumerate(dict.fromkeys(found.formulas))}
    words = [""] if found.by is None else list(dict.fromkeys(own[found.by]))
    levels = [] if found.numeric else list(dict.fromkeys(own[found.along]))
    curves = len(places) * len(words)
    told = set()
    for formula, place in places.items():
        color = SERIES[place % len(SERIES)]
        for at, word in enumerate(words):
            shift = SPREAD * ((place * len(words) + at + 0.5) / curves - 0.5)
            some = own[own["formula"] == formula]
            known = found.known[found.known["formula"] == formula]
            if found.by is not None:
                some, known = some[some[found.by] == word], known[known[found.by] == word]
            label = " ".join(filter(None, (subscripted(formula), word)))
            if found.numeric:
                style = STYLES[at % len(STYLES)]
                x = some[found.along].to_numpy(float)
                if "lower" in some:
                    ax.fill_between(x, some["lower"], some["upper"], color=color, alpha=0.13, lw=0)
                ax.plot(x, some["value"], style, color=color, lw=1.9, label=label)
            else:
                x = np.array([levels.index(one) for one in some[found.along]]) + shift
                if "lower" in some:
                    ax.vlines(x, some["lower"], some["upper"], color=color, lw=1.6)
                mark = "o^sD"[at % 4]
                ax.plot(x, some["value"], mark, color=color, ms=7, mew=0, label=label)
            if found.one_value:
                told |= set(_marks(ax, found, known, color, levels, shift))
    if not found.numeric:
        ax.set_xticks(range(len(levels)), levels)
        ax.set_xlim(-0.5, len(levels) - 0.5)
    for part in told:
        marker, fill, name = MARKERS[part]
        ax.plot([], [], marker, color=INK, mfc=fill, mew=1.1, ms=5.5, ls="", label=name)
    ax.grid(axis="y")


def _marks(
    ax: Axes,
    found: ConditionSweep,
    known: pd.DataFrame,
    color: str,
    levels: list[str],
    shift: float,
) -> list[str]:
    """Draw the known values of a formula; returns their parts."""
    for (part, fits), some in known.groupby(["part", "fits"]):
        marker, fill, _ = MARKERS[str(part)]
        if found.numeric:
            x = some[found.along].to_numpy(float)
        else:
            some = some[some[found.along].isin(levels)]
            x = np.array([levels.index(one) for one in some[found.along]], dtype=float) + shift
        ax.plot(
            x,
            some["known"],
            marker,
            color=color,
            mfc=color if fill == INK else fill,
            alpha=1 if fits else 0.3,
            mew=1.1,
            ms=5.5,
            ls="",
            zorder=5,
        )
    return known["part"].unique().tolist()
