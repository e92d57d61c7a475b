"""Ratios of errors by system, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, GLOBAL, INK

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def draw_ratios(ax: Axes, table: pd.DataFrame, systems: Sequence[str], label: str) -> None:
    """One mark for each row of `table`, and a line at the geometric mean of each system.

    Args:
        ax: axes to draw into.
        table: `system` and `ratio`, and where it is known `apart`, which fills a mark.
        systems: from top to bottom.
        label: of the axis of ratios.
    """
    for place, system in enumerate(reversed(systems)):
        mine = table[table["system"] == system]
        for row in each(mine):
            fill = GLOBAL if getattr(row, "apart", False) else "none"
            ax.plot([row.ratio], [place], "o", ms=6, mec=GLOBAL, mfc=fill, alpha=0.85)
        if len(mine):
            mean = np.exp(np.log(mine["ratio"]).mean())
            ax.plot([mean], [place], "|", ms=16, mew=2, color=BEST)
    ax.axvline(1, color=INK, lw=0.9)
    ax.set_xscale("log")
    for formatter in (ax.xaxis.set_major_formatter, ax.xaxis.set_minor_formatter):
        formatter(lambda value, place: f"{value:g}")
    ax.tick_params(axis="x", which="both", labelsize=8)
    ax.set_xlabel(label)
    ax.set_yticks(range(len(systems)), systems[::-1])
    ax.set_ylim(-0.5, len(systems) - 0.5)
    ax.grid(axis="x")
