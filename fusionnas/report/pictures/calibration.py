"""Whether the uncertainty is right: coverage by level and by width, and error against it.

The corrected interval is that of `fusionnas.statistics.calibration`, checked on the test compounds
that it was not fitted to. The expected absolute error of a Laplace distribution with standard
deviation s is s / sqrt(2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import BAND, BEST, INK, SERIES
from fusionnas.plots.view import View
from fusionnas.report.pictures.intervals import intervals_of
from fusionnas.statistics.calibration import CHECKED_LEVEL, inside, mean_width
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUPS = 10  # of test compounds, by their stated uncertainty
WIDTHS = 5  # groups by the width of the interval
LEVELS = np.linspace(0.05, 0.95, 19)


def calibration(material: FinishedStudy) -> View:
    """Three pictures: coverage by level and by width, and error by uncertainty."""
    import pandas as pd

    given = intervals_of(material)
    made, rows = given.correction, given.rows
    rest, truth = given.found.take(~rows), given.target[~rows]
    error, scale = np.abs(truth - rest.value), rest.uncertainty / math.sqrt(2)
    own = np.array([inside(rest.interval(p), truth) for p in LEVELS])
    corrected = np.array(
        [inside(made.interval(rest, p), truth) if made else np.nan for p in LEVELS]
    )
    shown = made.interval(rest, CHECKED_LEVEL) if made else rest.interval(CHECKED_LEVEL)
    widths = by_width(shown, truth)
    groups = by_uncertainty(error, scale * (made.scale if made else 1))

    def draw(fig: Figure) -> None:
        left, middle, right = fig.subplots(1, 3)
        _by_width(middle, widths, material.with_unit("mean width of the 90% interval"))
        left.plot([0, 100], [0, 100], color=INK, lw=0.9)
        left.plot(
            100 * LEVELS,
            100 * own,
            color=BAND,
            lw=1.6,
            marker="s",
            ms=3,
            mew=0,
            label="uncorrected",
        )
        if made:
            left.plot(
                100 * LEVELS,
                100 * corrected,
                color=BEST,
                lw=2,
                marker="o",
                ms=3.5,
                mew=0,
                label="corrected",
            )
        left.legend(fontsize=8, loc="upper left")
        left.set_xlabel("stated share (%)")
        left.set_ylabel("share that was inside (%)")
        left.set_aspect("equal")
        left.grid()
        ends = [0, 1.06 * float(groups[["stated", "seen"]].to_numpy().max())]
        right.plot(ends, ends, color=INK, lw=0.9)
        right.plot(
            groups["stated"], groups["seen"], color=SERIES[2], lw=1.6, marker="s", ms=4.5, mew=0
        )
        right.set_xlim(*ends)
        right.set_ylim(*ends)
        right.set_aspect("equal")
        right.set_xlabel(material.with_unit("expected error"))
        right.set_ylabel(material.with_unit("seen MAE"))
        right.grid()

    at = int(np.argmin(np.abs(LEVELS - 0.9)))
    words = f"The {given.subject}'s own 90% interval holds {100 * own[at]:.1f}%"
    if made:
        words += (
            f", the corrected one {100 * corrected[at]:.1f}% of {len(truth):,} test compounds; it "
            f"was fitted to {len(made.scores):,} others"
        )
    kind = "corrected" if made else "own"
    width = f"{mean_width(shown):.4g} {given.unit}".rstrip()
    words += f". The {kind} interval is {width} wide on average"
    return View(
        "calibration",
        "Is the uncertainty right?",
        "Left: how many test targets lie inside the interval that should hold a given share. "
        f"{words}. Middle: how many targets it holds in {len(widths)} equally large groups by its "
        "width; lines are 95% Wilson intervals. If the share rises from left to right, the widths "
        "differ more than they should. Right: the error that ten equally large groups of test "
        "compounds should have by their uncertainty, and the error that they have. The straight "
        "lines are what a calibrated network would show.",
        pd.concat(
            [
                pd.DataFrame({"level": LEVELS, "inside_own": own, "inside_corrected": corrected}),
                widths,
                groups,
            ],
            keys=["left", "middle", "right"],
            names=["panel", None],
        )
        .reset_index("panel")
        .reset_index(drop=True),
        draw,
        (9.3, 3.2),
    )


def by_width(interval: tuple[np.ndarray, np.ndarray], target: np.ndarray) -> pd.DataFrame:
    """Equally large groups by rising width of the interval.

    Columns: `compounds`, `width` (mean, in the unit of the target), `inside` (share of targets in
        their intervals), and `low` and `high`, the 95% Wilson interval of this share.
    """
    import pandas as pd
    from scipy.stats import binomtest

    low, high = interval
    width, held = high - low, (low <= target) & (target <= high)
    rows = []
    for g in np.array_split(np.argsort(width, kind="stable"), min(WIDTHS, len(width))):
        around = binomtest(int(held[g].sum()), len(g)).proportion_ci(method="wilson")
        rows.append((len(g), width[g].mean(), held[g].mean(), around.low, around.high))
    return pd.DataFrame(rows, columns=["compounds", "width", "inside", "low", "high"])


def _by_width(ax: Axes, groups: pd.DataFrame, label: str) -> None:
    x = np.arange(len(groups))
    ax.axhline(100 * CHECKED_LEVEL, color=INK, lw=0.9)
    ax.vlines(x, 100 * groups["low"], 100 * groups["high"], color=BEST, lw=1.6)
    ax.plot(x, 100 * groups["inside"], "o", color=BEST, ms=5.5, mew=0)
    ax.set_xticks(x, [f"{width:.3g}" for width in groups["width"]], fontsize=8.5)
    ax.set_ylim(100 * float(groups["low"].min()) - 2, 101)
    ax.margins(x=0.1)
    ax.set_xlabel(label)
    ax.set_ylabel("inside the 90% interval (%)")
    ax.grid(axis="y")


def by_uncertainty(error: np.ndarray, scale: np.ndarray) -> pd.DataFrame:
    """Equally large groups by rising scale: `compounds`, `stated` and `seen` mean error."""
    import pandas as pd

    groups = np.array_split(np.argsort(scale, kind="stable"), min(GROUPS, len(scale)))
    rows = [(len(g), scale[g].mean(), error[g].mean()) for g in groups]
    return pd.DataFrame(rows, columns=["compounds", "stated", "seen"])
