"""How many targets the 90% interval holds: by number of elements, element and chemical system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.elements import SYMBOLS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import ViewError
from fusionnas.plots.style import BAND, BEST, INK
from fusionnas.plots.view import View
from fusionnas.report.pictures.intervals import intervals_of
from fusionnas.report.pictures.systems import system_names
from fusionnas.statistics.calibration import CHECKED_LEVEL
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST = 20  # compounds of a group, for a share
EXTREME = 12  # elements that the picture shows: those with the lowest share


def coverage_by_group(material: FinishedStudy) -> View:
    given = intervals_of(material)
    made, rows = given.correction, given.rows
    if made is None:
        raise ViewError("its intervals are not corrected; see 'Is the uncertainty right?'")
    rest, truth = given.found.take(~rows), given.target[~rows]
    table = material.test_compositions.take(np.flatnonzero(~rows))
    inside = {
        name: (low <= truth) & (truth <= high)
        for name, (low, high) in (
            ("own", rest.interval(CHECKED_LEVEL)),
            ("corrected", made.interval(rest, CHECKED_LEVEL)),
        )
    }
    frame = _frame(table, inside)
    sizes = frame[frame["group"] == "number of elements"]
    elements = frame[frame["group"] == "element"].nsmallest(EXTREME, "corrected")
    if sizes.empty or elements.empty:
        raise ViewError(f"of the {len(table)} test compounds to check it on no group has {FEWEST}")

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2, width_ratios=[1, 1.5], sharey=True)
        _dots(left, sizes)
        left.set_xlabel("elements in the compound")
        left.set_ylabel("inside the 90% interval (%)")
        left.legend(fontsize=8, loc="lower left")
        _dots(right, elements)
        right.set_xlabel(f"the {len(elements)} elements with the lowest share")
        # both panels show the same share; 100% is as far as it goes
        shown = [part[["low", "own"]].to_numpy(float) for part in (frame[:1], sizes, elements)]
        lowest = float(np.concatenate(shown).min())
        left.set_ylim(100 * lowest - 2, 101)

    every = frame[frame["group"] == "all"].iloc[0]
    return View(
        "coverage",
        "Where the interval holds",
        f"How many of the test compounds that the correction was not fitted to lie inside the 90% "
        f"interval of the {given.subject}: {100 * every['corrected']:.1f}% of all, but not the "
        "same share in every group, "
        f"since the correction is one for all. Groups of {FEWEST} or more; lines are 95% Wilson "
        "intervals. The lowest of many groups are low by chance too.",
        frame,
        draw,
        (8.6, 3.3),
    )


def _groups(table: CompositionTable) -> Iterator[tuple[str, str, np.ndarray]]:
    yield "all", "all", np.ones(len(table), dtype=bool)
    for n in np.unique(table.lengths).tolist():
        yield "number of elements", str(n), table.lengths == n
    for z in table.elements():
        yield "element", SYMBOLS[z], table.contains(z)
    names = system_names(table)
    for name in np.unique(names.astype(str)).tolist():
        yield "chemical system", name, names == name


def _frame(table: CompositionTable, inside: dict[str, np.ndarray]) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import binomtest

    rows: list[dict[str, Any]] = []
    for group, name, members in _groups(table):
        count = int(members.sum())
        if count < FEWEST and group != "all":
            continue
        share = {key: float(held[members].mean()) for key, held in inside.items()}
        held = int(inside["corrected"][members].sum())
        around = binomtest(held, count).proportion_ci(method="wilson")
        rows.append(
            {
                "group": group,
                "name": name,
                "compounds": count,
                **share,
                "low": float(around.low),
                "high": float(around.high),
            }
        )
    return pd.DataFrame(rows)


def _dots(ax: Axes, frame: pd.DataFrame) -> None:
    x = np.arange(len(frame))
    ax.axhline(100 * CHECKED_LEVEL, color=INK, lw=0.9)
    ax.vlines(x, 100 * frame["low"], 100 * frame["high"], color=BEST, lw=1.6)
    ax.plot(x, 100 * frame["own"], "s", color=BAND, ms=5, mew=0, label="uncorrected")
    ax.plot(x, 100 * frame["corrected"], "o", color=BEST, ms=6, mew=0, label="corrected")
    ax.set_xticks(x, frame["name"], fontsize=8.5)
    ax.margins(x=0.08)
    ax.grid(axis="y")
