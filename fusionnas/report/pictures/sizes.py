"""Compositions and errors by the number of elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import BEST, TICK
from fusionnas.plots.view import View
from fusionnas.report.pictures.targets import COLOURS, PARTS
from fusionnas.statistics.bootstrap import groups_of, mean_intervals
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def sizes(material: FinishedStudy) -> View:
    table = by_size(material)

    def draw(fig: Figure) -> None:
        top, bottom = fig.subplots(2, sharex=True, height_ratios=[2, 3])
        x = np.arange(len(table))
        for place, part in enumerate(PARTS):
            top.bar(
                x + 0.27 * (place - 1), table[part], 0.25, color=COLOURS[part], label=PARTS[part]
            )
        top.set_yscale("log")
        top.set_ylabel("compositions")
        top.legend(fontsize=8.5, ncols=3, loc="upper right")
        top.set_ylim(top=top.get_ylim()[1] * 4)
        bottom.vlines(x, table["low"], table["high"], color=BEST, lw=2.2)
        bottom.plot(x, table[material.error.name], "o", color=BEST, ms=7, mew=0)
        bottom.axhline(material.summary["chosen"][material.test], color=TICK, lw=1, ls="--")
        bottom.annotate(
            "all test compounds",
            (1, material.summary["chosen"][material.test]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=TICK,
        )
        bottom.set_ylim(bottom=0)
        bottom.set_ylabel(material.with_unit(f"test {material.error.label}"))
        bottom.set_xlabel("elements in the compound")
        bottom.set_xticks(x, table["elements"].astype(str))
        bottom.grid(axis="y")

    return View(
        "sizes",
        "Number of elements",
        "How many compositions have so many elements, in each part, and the error of the "
        f"{material.model} on those of the test part; lines are 95% bootstrap intervals, "
        "where there are five or more.",
        table,
        draw,
        (5.8, 4.2),
    )


def by_size(material: FinishedStudy) -> pd.DataFrame:
    """A row a number of elements: compositions in each part, test error with its interval."""
    import pandas as pd

    lengths, part = material.compositions.lengths, material.data["part"].to_numpy()
    error = material.test_losses
    tested, keys = material.test_compositions.lengths, material.test_compositions.keys()
    rows = []
    for n in np.unique(lengths):
        here = tested == n
        own, groups = error[here], groups_of(keys[here])
        low = high = np.nan
        if len(own) >= 5:
            low, high = mean_intervals(own[None], groups=groups)[0]
        counts = {name: int(((lengths == n) & (part == name)).sum()) for name in PARTS}
        mean = own.mean() if len(own) else np.nan
        rows.append(
            {"elements": int(n), **counts, material.error.name: mean, "low": low, "high": high}
        )
    return pd.DataFrame(rows)
