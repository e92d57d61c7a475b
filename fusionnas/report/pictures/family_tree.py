"""The ancestors of the best changed network: what each step changed, why, and what came of it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.errors import ViewError
from fusionnas.plots.numbers import short
from fusionnas.plots.rows import each
from fusionnas.plots.style import BAND, BEST, CARD, FAINT, GLOBAL, INK, whole_numbers
from fusionnas.plots.view import View
from fusionnas.report.trial_words import gid
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLUMNS = [
    "generation",
    "number",
    "change",
    "why",
    "cecv_deviation",
    "expected_deviation_change",
    "actual_deviation_change",
]

_UNDER: dict[str, Any] = {"facecolor": CARD, "alpha": 0.8, "lw": 0, "pad": 1}  # of labels


def family_tree(material: FinishedStudy) -> View:
    done = material.done
    if "change" not in done or not done["change"].notna().any():
        raise ViewError("no finished network is a change of another one (--sampler adaptive)")
    if not done["cecv_deviation"].notna().any():
        raise ViewError("the study has no target band, and so no deviation")
    done = done.set_index("number", drop=False)
    chosen = int(material.summary["chosen"]["number"])
    guided = done[done["change"].notna()]
    best = chosen if chosen in guided.index else int(guided["number"].iloc[0])
    table = _ancestry(done, best)
    # an earlier version expected changes of the mean guidance
    table = table[[name for name in (*_COLUMNS, material.val, "architecture") if name in table]]
    siblings = guided[guided["parent"].isin(table["number"]) & ~guided.index.isin(table["number"])]
    deviation = dict(zip(table["number"], table["cecv_deviation"], strict=True))
    generation = dict(zip(table["number"], table["generation"], strict=True))

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        ax.axhspan(0, HALF_WIDTH, color=BAND, alpha=0.2, lw=0)
        for row in each(siblings):
            at = generation[int(row.parent)]
            ends = [deviation[int(row.parent)], row.cecv_deviation]
            ax.plot(
                [at, at + 1], ends, color=FAINT, lw=1, marker="o", ms=4, mew=0, gid=gid(row.number)
            )
        ax.plot(table["generation"], table["cecv_deviation"], color=GLOBAL, lw=2, zorder=3)
        for row in each(table):
            color, marker = (BEST, "*") if row.number == chosen else (GLOBAL, "o")
            ax.plot(
                [row.generation],
                [row.cecv_deviation],
                marker,
                color=color,
                mew=0,
                zorder=4,
                ms=15 if marker == "*" else 8,
                gid=gid(row.number),
            )
            _label(ax, row, material)
        ax.set_xlim(-0.5, table["generation"].max() + 0.5)
        ax.margins(y=0.3)
        ax.set_xlabel("changes since the first ancestor")
        ax.set_ylabel("CECV deviation (gap = 1)")
        ax.set_ylim(bottom=0)
        whole_numbers(ax.xaxis)

    words = material.summary.get("move_words", "")
    subject = (
        "the recommended network" if best == chosen else f"trial {best}, the best changed one,"
    )
    return View(
        "family-tree",
        "Changes, step by step",
        f"How {subject} came about: each step is a change of one thing, proposed to lower the "
        "error or to bring the network nearer to the centre of the band (deviation 0); the "
        "shaded strip is as wide as the band. Faint lines are other changes of the same networks. "
        f"{words}".strip(),
        table,
        draw,
        (9.6, 4.4),
    )


def _ancestry(done: pd.DataFrame, number: int) -> pd.DataFrame:
    """The rows from the first ancestor to a trial, with a column `generation`."""
    guided = done[done["change"].notna()]
    parents = dict(zip(guided["number"], guided["parent"].astype(int), strict=True))
    line = [number]
    while parents.get(line[0]) in done.index:
        line.insert(0, parents[line[0]])
    return done.loc[line].assign(generation=range(len(line)))


def _label(ax: Any, row: Any, material: FinishedStudy) -> None:
    """Trial and error at a node; what was changed on the way to it."""
    error = f"{material.error.label} {short(getattr(row, material.val))} {material.unit}"
    words = f"trial {row.number}\n{error}".rstrip()
    ax.annotate(
        words,
        (row.generation, row.cecv_deviation),
        (0, -12),
        textcoords="offset points",
        ha="center",
        va="top",
        size=8.5,
        color=INK,
        bbox=_UNDER,
    )
    if row.generation:
        ax.annotate(
            textwrap.fill(row.change, 22),
            (row.generation, row.cecv_deviation),
            (0, 12),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=9,
            color=GLOBAL,
            weight="bold",
            bbox=_UNDER,
        )
