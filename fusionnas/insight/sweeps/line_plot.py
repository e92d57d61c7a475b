"""A property along the compositions between two elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.units import with_unit
from fusionnas.plots.style import AXIS, BAND, CARD, GLOBAL, INK, LOCAL, SERIES, TICK
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# markers of known compositions, by part; filled if a network was fitted to them
MARKERS = {
    "train": ("o", INK, "training part"),
    "val": ("s", CARD, "validation part"),
    "test": ("D", CARD, "test part"),
    "": ("X", CARD, "known"),
}
ACROSS = 3  # small panels in each row
NAMED = 9  # up to this number of known compositions, each shows its formula


def sweep_view(
    table: pd.DataFrame,
    known: pd.DataFrame,
    flips: pd.DataFrame,
    elements: Sequence[str],
    target: str,
    unit: str,
) -> View:
    """Curves with their 90% intervals, known compositions, and the share of each element.

    Args:
        table, known, flips: tables of `fusionnas.insight.sweeps.Sweep`.
        elements: A and B; the axis is the fraction of A.
        target, unit: name and unit of the property.
    """
    first, second = elements
    networks = list(table["network"].unique())
    shares = f"share_{first}" in table  # not for probabilities of classes
    rows = -(-len(networks) // ACROSS) if shares else 0

    def draw(fig: Figure) -> None:
        grid = fig.add_gridspec(
            1 + rows, min(len(networks), ACROSS), height_ratios=[2.6, *[1.15] * rows]
        )
        top = fig.add_subplot(grid[0, :])
        for place, network in enumerate(networks):
            color = SERIES[place % len(SERIES)]
            _curve(top, table[table["network"] == network], first, color)
            if not shares and len(networks) > 1:  # the compounds of this class, in its colour
                own = known[(known["network"] == network) & (known["known"] == 1)]
                _known(top, own, first, color, named=place == 0)
        if shares or len(networks) == 1:
            _known(top, known, first)
        _value_axis(top, first, second, target, unit)
        if not shares:
            top.set_ylim(-0.06, 1.06)
            _fraction_axis(top, first, second)
            return
        shared: Axes | None = None
        for place, network in enumerate(networks):
            row, column = divmod(place, ACROSS)
            ax = fig.add_subplot(grid[1 + row, column], sharex=top, sharey=shared)
            shared = shared or ax
            _shares(ax, table[table["network"] == network], (first, second))
            if len(networks) > 1:
                ax.set_title(network, fontsize=8.5, color=SERIES[place % len(SERIES)])
            if column == 0:
                ax.set_ylabel(f"share ({unit})" if unit else "share")
            else:
                ax.tick_params(labelleft=False)
            if row == rows - 1 or place + ACROSS >= len(networks):
                _fraction_axis(ax, first, second)
            else:
                ax.tick_params(labelbottom=False)

    return View(
        name=f"sweep-{first}-{second}".lower(),
        title=f"{target}, {second} to {first}",
        caption=_caption(flips, first, second, unit, shares),
        table=table,
        draw=draw,
        size=(7.2, 4.1 + 1.5 * rows),
    )


def _curve(ax: Axes, rows: pd.DataFrame, first: str, color: str) -> None:
    """One network: a line on each side of the change of order, end members as diamonds."""
    from matplotlib.colors import to_rgba

    name = str(rows["network"].iloc[0])
    x = rows[first].to_numpy()
    leads = rows["order"].str.split(" ").str[0].to_numpy() == first
    inner = (x > 0) & (x < 1)
    for place, side in enumerate((inner & ~leads, inner & leads)):
        part = rows[side]
        if "lower" in part:
            shade = to_rgba(color, 0.13)
            ax.fill_between(part[first], part["lower"], part["upper"], color=shade, lw=0, zorder=1)
        ax.plot(
            part[first],
            part["value"],
            color=color,
            lw=1.9,
            zorder=3,
            label=name if place == 0 else None,
        )
    gap = rows[inner & (x == 0.5)].sort_values("value")
    ax.plot(gap[first], gap["value"], ":", color=color, lw=1.2, zorder=2)
    ends = rows[~inner]
    if "lower" in ends:
        ax.vlines(
            ends[first],
            ends["lower"],
            ends["upper"],
            color=color,
            lw=0.9,
            clip_on=False,
            zorder=4,
        )
    ax.plot(
        ends[first],
        ends["value"],
        "d",
        ms=6,
        color=color,
        mfc=CARD,
        mew=1.4,
        clip_on=False,
        zorder=4,
    )


def _fraction_axis(ax: Axes, first: str, second: str) -> None:
    ax.tick_params(labelbottom=True)
    ax.set_xlabel(f"x in {first}ₓ{second}₁₋ₓ")


def _known(ax: Axes, known: pd.DataFrame, first: str, color: str = INK, named: bool = True) -> None:
    points = known.sort_values("part", ascending=False).drop_duplicates("formula")
    for part, (marker, fill, words) in MARKERS.items():
        some = points[points["part"] == part]
        if len(some):
            ax.plot(
                some[first],
                some["known"],
                marker,
                color=color,
                mfc=color if fill == INK else fill,
                mew=1.1,
                ms=5.5,
                ls="",
                zorder=5,
                clip_on=False,
                label=words if named else None,
            )
    if len(points) > NAMED:
        return
    for place, row in enumerate(points.sort_values(first).to_dict("records")):
        ax.annotate(
            str(row["formula"]),
            (row[first], row["known"]),
            xytext=(0, 7 if place % 2 else -13),
            textcoords="offset points",
            fontsize=7.5,
            color=INK,
            ha="center",
            zorder=6,
        )


def _value_axis(ax: Axes, first: str, second: str, target: str, unit: str) -> None:
    ax.axvline(0.5, color=BAND, lw=0.8, ls=(0, (4, 3)), zorder=0)
    ax.annotate(
        f"{second} {first} | {first} {second}",
        (0.5, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=TICK,
    )
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    ax.set_ylabel(with_unit(_broken(target), unit))
    ax.tick_params(labelbottom=False)
    ax.grid(axis="y")
    ax.plot([], [], "d", color=AXIS, mfc=CARD, mew=1.4, ms=6, label="one element alone")
    ax.legend(
        fontsize=8,
        ncols=4,
        loc="lower left",
        bbox_to_anchor=(0, 1.06),
        borderaxespad=0,
        columnspacing=1.2,
        handletextpad=0.5,
    )


def _shares(ax: Axes, rows: pd.DataFrame, elements: tuple[str, str]) -> None:
    """The share of each element; the two lines add up to the curve above."""
    first, second = elements
    x = rows[first].to_numpy()
    leads = rows["order"].str.split(" ").str[0].to_numpy() == first
    inner = (x > 0) & (x < 1)
    ax.axhline(0, color=AXIS, lw=0.7)
    for element, color, style, at in ((first, GLOBAL, "-", -1), (second, LOCAL, "--", 0)):
        for side in (inner & ~leads, inner & leads):
            ax.plot(x[side], rows[f"share_{element}"][side], style, color=color, lw=1.5)
        place = np.flatnonzero(inner)[at]
        y = rows[f"share_{element}"].iloc[place]
        other = rows[f"share_{second if element == first else first}"].iloc[place]
        shift = (-6 if at else 6, 5 if y >= other else -12)  # away from the other line
        ax.annotate(
            element,
            (x[place], y),
            xytext=shift,
            ha="right" if at else "left",
            textcoords="offset points",
            fontsize=9,
            color=color,
            fontweight="bold",
        )
    ax.axvline(0.5, color=BAND, lw=0.8, ls=(0, (4, 3)), zorder=0)
    ax.margins(y=0.18)
    ax.grid(axis="y")


def _broken(text: str, most: int = 34) -> str:
    """A long name of a target on two lines."""
    if len(text) <= most:
        return text
    words, line = text.split(" "), ""
    while words and len(line) + len(words[0]) < most:
        line += words.pop(0) + " "
    return line.rstrip() + "\n" + " ".join(words) if line else text


def _signed(value: float) -> str:
    return "0" if abs(value) < 1e-6 else f"{value:+.3g}"


def _caption(flips: pd.DataFrame, first: str, second: str, unit: str, shares: bool) -> str:
    jumps = "; ".join(
        f"{row['network']} {_signed(row['jump'])} {unit}".rstrip()
        for row in flips.to_dict("records")
    )
    drawn = (
        f"Prediction from pure {second} (left) to pure {first} (right) with its 90% interval, and "
        "below it the share of each element in it; shares add up to the prediction."
        if shares
        else f"Probability from pure {second} (left) to pure {first} (right). Known compositions "
        "of the class are at 1."
    )
    return (
        f"{drawn} At equal fractions the order in which the network reads the elements changes "
        f"from {second} {first} to {first} {second}, and the prediction may jump: {jumps}. A pure "
        "element is read as one element, so its diamond need not lie on the line."
    )
