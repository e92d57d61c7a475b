"""Whether the uncertainty is right: coverage of the intervals, and error against it.

The network states the standard deviation s of a Laplace distribution, so its scale is
b = s / sqrt(2): the expected absolute error is b, and the central interval that should hold a
share p of all targets reaches -b ln(1 - p) to either side. The corrected interval is that of
`fusionnas.statistics.calibration`, looked at on the test compounds that it was not fitted to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.models.bundle import read_calibration
from fusionnas.plots.style import BAND, BEST, INK, SERIES
from fusionnas.plots.view import View
from fusionnas.statistics.calibration import Calibration, calibration_rows, inside
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

GROUPS = 10  # of test compounds, by their stated uncertainty
LEVELS = np.linspace(0.05, 0.95, 19)


def calibration(material: FinishedStudy) -> View:
    import pandas as pd

    given = intervals_of(material)
    made, rows = given.correction, given.rows
    rest, truth = given.found.take(~rows), given.target[~rows]
    error, scale = np.abs(truth - rest.value), rest.uncertainty / math.sqrt(2)
    own = coverage(error, scale, LEVELS)
    corrected = np.array(
        [inside(made.interval(rest, p), truth) if made else np.nan for p in LEVELS]
    )
    groups = by_uncertainty(error, scale * (made.scale if made else 1))

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2)
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
    return View(
        "calibration",
        "Is the uncertainty right?",
        f"Left: how many test targets lie inside the interval that should hold a given share. "
        f"{words}. Right: the error that ten equally large groups of test compounds should have by "
        "their uncertainty, and the error that they have. The straight lines are what a calibrated "
        "network would show.",
        pd.concat(
            [
                pd.DataFrame({"level": LEVELS, "inside_own": own, "inside_corrected": corrected}),
                groups,
            ],
            keys=["left", "right"],
            names=["panel", None],
        )
        .reset_index("panel")
        .reset_index(drop=True),
        draw,
        (6.2, 3.2),
    )


@dataclass(frozen=True, slots=True)
class Intervals:
    """What a study predicts with, on the test part, and the correction of its intervals."""

    subject: str  # predictor or network
    found: Mixture  # predictions of the test part
    target: np.ndarray  # its targets, (N,)
    correction: Calibration | None
    rows: np.ndarray  # (N,) bool, which of them it was fitted to; none in a study with folds


def intervals_of(material: FinishedStudy) -> Intervals:
    """Of the predictor, or of the recommended network where a study has no other."""
    table, folder, summary = material.predictions, material.folder, material.summary
    joined = summary.get("predictor") is not None and "predictor" in table
    columns = ("predictor", "predictor_uncertainty") if joined else ("prediction", "uncertainty")
    value, spread = (table[name].to_numpy(float) for name in columns)
    found, target = Mixture(value[None], spread[None]), table["target"].to_numpy(float)
    corrected = "interval" in (summary["predictor"] if joined else summary)
    rows = np.zeros(len(table), dtype=bool)
    if corrected and not folder.folds:
        rows = calibration_rows(len(table))
    correction = read_calibration(folder.predictor if joined else folder.best)
    if corrected and correction is None and rows.any():  # its bundle is gone
        correction = Calibration.of(found.take(rows), target[rows])
    return Intervals(
        "predictor" if joined else "network", found, target, correction if corrected else None, rows
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
