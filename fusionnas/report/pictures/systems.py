"""The chemical systems that are predicted worst and best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import ELECTRONEGATIVITY, SYMBOLS
from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, FAINT, GLOBAL, TICK
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from fusionnas.data.table import CompositionTable

EACH = 8  # systems at either end
SIZES = (10, 7, 5, 4, 3, 2)  # fewest test compounds of a system: the first that leaves enough


def systems(material: FinishedStudy) -> View:
    every = by_system(material)
    for fewest in SIZES:
        table = every[every["compounds"] >= fewest]
        if len(table) >= 3 * EACH:
            break
    if len(table) < 4:
        raise ViewError("hardly any chemical system has two or more test compounds")
    ends = min(EACH, len(table) // 2)
    shown = table.iloc[[*range(ends), *range(len(table) - ends, len(table))]]

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        y = np.concatenate([np.arange(ends), np.arange(ends) + ends + 0.8])
        ax.hlines(y, 0, shown["mae"], color=FAINT, lw=1.4)
        for rows, colour in ((slice(ends), GLOBAL), (slice(ends, None), BEST)):
            ax.plot(shown["mae"].iloc[rows], y[rows], "o", color=colour, ms=6, mew=0)
        for place, row in zip(y, each(shown), strict=True):
            ax.annotate(
                f"{row.mae:.3g}",
                (row.mae, place),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
        mean = material.test_losses.mean()
        ax.axvline(mean, color=TICK, lw=1, ls="--")
        right = mean > 0.6 * shown["mae"].max()
        ax.annotate(
            "all test compounds",
            (mean, ends - 0.1),
            xytext=(-4 if right else 4, 0),
            va="center",
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=8,
            color=TICK,
        )
        ax.set_yticks(y, [f"{r.system} ({r.compounds})" for r in each(shown)], fontsize=8.5)
        ax.set_xlim(left=0)
        ax.margins(x=0.12)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(material.with_unit("test MAE"))

    return View(
        "systems",
        "Chemical systems, best and worst",
        f"Mean absolute error of the {material.model} on the test compounds of a chemical "
        f"system{_in(material)}, for the {len(table):,} systems with {fewest} "
        "or more of them (their number in brackets). The ends of so many small groups are extreme "
        "by chance too.",
        every,
        draw,
        (5.8, 0.9 + 0.3 * len(shown)),
    )


def by_system(material: FinishedStudy) -> pd.DataFrame:
    """Systems by rising MAE: `system`, `compounds` of the test part, `mae`, mean `bias`."""
    import pandas as pd

    signed = material.test_errors
    names = system_names(material.test_compositions)
    frame = pd.DataFrame({"system": names, "mae": np.abs(signed), "bias": signed})
    grouped = frame.groupby("system").agg(
        compounds=("mae", "size"), mae=("mae", "mean"), bias=("bias", "mean")
    )
    return grouped.sort_values(["mae", "compounds"]).reset_index()


def system_names(table: CompositionTable) -> np.ndarray:
    """The chemical system of each composition (N,), such as Sr-Ti-O."""
    names = np.empty(len(table), dtype=object)
    for rows, numbers, _ in table.groups().values():
        for row, elements in zip(rows, numbers.tolist(), strict=True):
            order = sorted(elements, key=lambda z: (ELECTRONEGATIVITY[z], z))
            names[row] = "-".join(SYMBOLS[z] for z in order)
    return names


def _in(material: FinishedStudy) -> str:
    return f", in {material.unit}" if material.unit else ""
