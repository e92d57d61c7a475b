"""Whether the stated uncertainty is right: coverage of its intervals, and error against it.

The network states the standard deviation s of a Laplace distribution, so its scale is
b = s / sqrt(2): the expected absolute error is b, and the central interval that should hold a
share p of all targets reaches -b ln(1 - p) to either side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.report.material import Material
from fusionnas.report.style import BEST, INK, SERIES
from fusionnas.report.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

GROUPS = 10  # of test compounds, by their stated uncertainty
LEVELS = np.linspace(0.05, 0.95, 19)


def calibration(material: Material) -> View:
    scale = material.predictions["uncertainty"].to_numpy(float) / math.sqrt(2)
    error = np.abs(material.test_errors)
    covered = coverage(error, scale, LEVELS)
    groups = by_uncertainty(error, scale)
    at_90 = float(coverage(error, scale, np.array([0.9]))[0])

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2)
        left.plot([0, 100], [0, 100], color=INK, lw=0.9)
        left.plot(
            [0, *(100 * LEVELS), 100], [0, *(100 * covered), 100], color=BEST, lw=2,
            marker="o", ms=3.5, mew=0,
        )  # fmt: skip
        left.set_xlabel("stated share (%)")
        left.set_ylabel("share that was inside (%)")
        left.set_aspect("equal")
        left.grid()
        ends = [0, 1.06 * float(groups[["stated", "seen"]].to_numpy().max())]
        right.plot(ends, ends, color=INK, lw=0.9)
        right.plot(groups["stated"], groups["seen"], color=SERIES[2], lw=1.6, marker="s", ms=4.5,
                   mew=0)  # fmt: skip
        right.set_xlim(*ends)
        right.set_ylim(*ends)
        right.set_aspect("equal")
        right.set_xlabel(material.with_unit("expected error"))
        right.set_ylabel(material.with_unit("seen MAE"))
        right.grid()

    if abs(at_90 - 0.9) <= 0.03:
        word = "about right"
    elif at_90 < 0.9:
        word = "too narrow: the network is too sure"
    else:
        word = "too wide: the network is too cautious"
    return View(
        "calibration",
        "Is the uncertainty right?",
        f"Left: how many test targets lie inside the interval that should hold a given share. The "
        f"90% interval holds {100 * at_90:.0f}%, so it is {word}. Right: the error that ten "
        "equally large groups of test compounds should have by their stated uncertainty, and the "
        "error that they have. The lines are what a calibrated network would show.",
        groups.assign(coverage_of_90_percent=at_90),
        draw,
        (6.2, 3.2),
    )


def coverage(error: np.ndarray, scale: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Share of absolute errors (N,) inside the central Laplace interval of each level (L,)."""
    return np.array([(error <= -scale * math.log1p(-p)).mean() for p in levels])


def by_uncertainty(error: np.ndarray, scale: np.ndarray) -> pd.DataFrame:
    """Equally large groups by rising scale: `compounds`, `stated` and `seen` mean error."""
    import pandas as pd

    groups = np.array_split(np.argsort(scale, kind="stable"), min(GROUPS, len(scale)))
    rows = [(len(g), scale[g].mean(), error[g].mean()) for g in groups]
    return pd.DataFrame(rows, columns=["compounds", "stated", "seen"])
