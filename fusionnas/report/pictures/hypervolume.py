"""How much of the plane of the first two objectives the front had won after each trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.errors import ViewError
from fusionnas.plots.style import GLOBAL, whole_numbers
from fusionnas.plots.view import View
from fusionnas.report.pictures.front import scored_trials
from fusionnas.searching.objectives import OBJECTIVES
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST = 3


def hypervolume(material: FinishedStudy) -> View:
    import pandas as pd

    scored = scored_trials(material).sort_values("number")
    second = material.folder.objectives[1]
    points = scored[[material.val, second]].to_numpy(float)
    spread = np.ptp(points, axis=0) if len(points) else np.zeros(2)
    if len(points) < FEWEST or not (spread > 0).all():
        raise ViewError(f"fewer than {FEWEST} trials differ in both objectives")
    scaled = (points - points.min(axis=0)) / spread
    table = pd.DataFrame(
        {
            "number": scored["number"].to_numpy(),
            "share": [dominated(scaled[: n + 1]) for n in range(len(scaled))],
        }
    )

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        ax.step(table["number"], 100 * table["share"], where="post", color=GLOBAL, lw=2.2)
        ax.fill_between(
            table["number"], 100 * table["share"], step="post", color=GLOBAL, alpha=0.15, lw=0
        )
        ax.set_ylim(0, 100)
        ax.set_xlabel("trial")
        ax.set_ylabel("hypervolume (% of the box)")
        whole_numbers(ax.xaxis)
        ax.grid(axis="y")

    return View(
        "hypervolume",
        "Hypervolume",
        "The share of the box between the best and the worst value of validation "
        f"{material.error.label} and {OBJECTIVES[second].label} that the front dominates "
        "after each trial. A line that still rises at the end asks for more trials.",
        table,
        draw,
        (5.8, 3.4),
    )


def dominated(points: np.ndarray) -> float:
    """Area of [0, 1]² that points (N, 2) dominate, where small is good; points lie inside it."""
    area, ceiling = 0.0, 1.0
    for x, y in points[np.lexsort((points[:, 1], points[:, 0]))]:
        if y < ceiling:
            area += (1 - x) * (ceiling - y)
            ceiling = y
    return float(area)
