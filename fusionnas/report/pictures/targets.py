"""The distribution of the target in the parts of the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import SERIES
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PARTS = {"train": "training", "val": "validation", "test": "test"}
COLOURS = dict(zip(PARTS, (SERIES[2], SERIES[4], SERIES[1]), strict=True))
BINS = 48


def targets(material: FinishedStudy) -> View:
    return target_view(material.data, str(material.summary["target"]), material.unit)


def target_view(data: pd.DataFrame, target: str, unit: str) -> View:
    """The view of any data set.

    Args:
        data: columns `target` and `part` (train, val or test).
        target: its name, for people.
        unit: of the target; may be empty.
    """
    import pandas as pd

    values = data["target"].to_numpy(float)
    low, high = np.quantile(values, [0.002, 0.998])  # a few far values would flatten all others
    if not high > low:
        low, high = values.min() - 0.5, values.max() + 0.5
    edges = np.linspace(low, high, BINS + 1)
    rows = {"from": edges[:-1], "to": edges[1:]}
    for part in PARTS:
        own = values[data["part"] == part]
        rows[part] = np.histogram(own, edges)[0]
    table = pd.DataFrame(rows)
    beyond = int(((values < low) | (values > high)).sum())

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        for part, name in PARTS.items():
            own = int((data["part"] == part).sum())
            ax.stairs(
                100 * table[part] / own,
                edges,
                color=COLOURS[part],
                fill=part == "train",
                alpha=0.28 if part == "train" else 1,
                lw=1.7,
                label=f"{name}, {own:,} compositions",
            )
        ax.set_xlabel(f"target ({unit})" if unit else "target")
        ax.set_ylabel("share of the part (%)")
        ax.margins(x=0.01)
        ax.grid(axis="y")
        ax.legend(fontsize=8.5)

    end = f" {unit}" if unit else ""
    median = f"{np.median(values):.4g}{end}"
    return View(
        "targets",
        "The target in each part",
        f"{target}. Its median is {median}, the middle half lies between "
        f"{np.quantile(values, 0.25):.4g} and {np.quantile(values, 0.75):.4g}{end}. "
        + (f"{beyond:,} values lie beyond the edges." if beyond else ""),
        table,
        draw,
        (5.8, 3.6),
    )
