"""The ancestors of the best guided network: what was changed at each step, why, and what it did."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.errors import ViewError
from fusionnas.plots.numbers import short
from fusionnas.plots.rows import each
from fusionnas.plots.style import BAND, BEST, CARD, FAINT, GLOBAL, INK, whole_numbers
from fusionnas.plots.view import View
from fusionnas.report.trial_words import gid
from fusionnas.studies.finished import Material

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLUMNS = ["generation", "number", "change", "why", "guidance", "expected_change",
            "actual_change", "val_mae", "architecture"]  # fmt: skip

_UNDER: dict[str, Any] = {"facecolor": CARD, "alpha": 0.8, "lw": 0, "pad": 1}  # of labels


def family_tree(material: Material) -> View:
    done = material.done
    if "change" not in done or not done["change"].notna().any():
        raise ViewError("no network was proposed by the guided sampler (--sampler guided)")
    done = done.assign(guidance=_mean_guidance(done)).set_index("number", drop=False)
    chosen = int(material.summary["chosen"]["number"])
    guided = done[done["change"].notna()]
    best = chosen if chosen in guided.index else int(guided["number"].iloc[0])
    table = _ancestry(done, best)[_COLUMNS]
    siblings = guided[guided["parent"].isin(table["number"]) & ~guided.index.isin(table["number"])]
    guidance = dict(zip(table["number"], table["guidance"], strict=True))
    generation = dict(zip(table["number"], table["generation"], strict=True))

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        ax.axhspan(-HALF_WIDTH, HALF_WIDTH, color=BAND, alpha=0.2, lw=0)
        ax.axhline(0, color=BAND, lw=0.8)
        for row in each(siblings):
            at = generation[int(row.parent)]
            ends = [guidance[int(row.parent)], row.guidance]
            ax.plot([at, at + 1], ends, color=FAINT, lw=1, marker="o", ms=4, mew=0,
                    gid=gid(row.number))  # fmt: skip
        ax.plot(table["generation"], table["guidance"], color=GLOBAL, lw=2, zorder=3)
        for row in each(table):
            color, marker = (BEST, "*") if row.number == chosen else (GLOBAL, "o")
            ax.plot([row.generation], [row.guidance], marker, ms=15 if marker == "*" else 8,
                    color=color, mew=0, zorder=4, gid=gid(row.number))  # fmt: skip
            _label(ax, row, material.unit)
        ax.set_xlim(-0.5, table["generation"].max() + 0.5)
        ax.margins(y=0.3)
        ax.set_xlabel("changes since the first ancestor")
        ax.set_ylabel("mean guidance (gap = 1)")
        ax.text(0.005, 0.98, "too local", transform=ax.transAxes, va="top", color=BAND, size=9)
        ax.text(0.005, 0.02, "too global", transform=ax.transAxes, va="bottom", color=BAND, size=9)
        whole_numbers(ax.xaxis)

    signs = material.summary.get("move_words", "")
    subject = "the recommended network" if best == chosen else f"trial {best}, the best guided one,"
    return View(
        "family-tree",
        "Guided changes",
        f"How {subject} came about: each step is a change of one thing, proposed by the sign of "
        "the mean guidance, which lies in the shaded band where a network is neither too local nor "
        f"too global; faint lines are other changes of the same networks. {signs}".strip(),
        table,
        draw,
        (9.6, 4.4),
    )


def _mean_guidance(trials: pd.DataFrame) -> np.ndarray:
    """Over the thresholds that count, (N,)."""
    columns = [name for name in trials.columns if name.startswith("guidance/")]
    if not columns:
        raise ViewError("the study has no target band, and so no guidance")
    return trials[columns].mean(axis=1).to_numpy(float)


def _ancestry(done: pd.DataFrame, number: int) -> pd.DataFrame:
    """The rows from the first ancestor to a trial, with a column `generation`."""
    guided = done[done["change"].notna()]
    parents = dict(zip(guided["number"], guided["parent"].astype(int), strict=True))
    line = [number]
    while parents.get(line[0]) in done.index:
        line.insert(0, parents[line[0]])
    return done.loc[line].assign(generation=range(len(line)))


def _label(ax: Any, row: Any, unit: str) -> None:
    """Trial and error at a node; what was changed on the way to it."""
    words = f"trial {row.number}\nMAE {short(row.val_mae)} {unit}".rstrip()
    ax.annotate(
        words, (row.generation, row.guidance), (0, -12), textcoords="offset points",
        ha="center", va="top", size=8.5, color=INK, bbox=_UNDER,
    )  # fmt: skip
    if row.generation:
        ax.annotate(
            textwrap.fill(row.change, 22), (row.generation, row.guidance), (0, 12),
            textcoords="offset points", ha="center", va="bottom", size=9, color=GLOBAL,
            weight="bold", bbox=_UNDER,
        )  # fmt: skip
