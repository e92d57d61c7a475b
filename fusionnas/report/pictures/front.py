"""The first two objectives of every trial, and the front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import BAND, BEST, GLOBAL, TICK
from fusionnas.plots.view import View
from fusionnas.report.trial_words import gid, trial_words
from fusionnas.searching.objectives import OBJECTIVES
from fusionnas.searching.selection import LOWEST
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ORIGINS = {
    "named": ("s", "first trials"),
    "random": ("^", "random"),
    "carried": ("D", "of an earlier study"),
    "warm": ("D", "of an earlier study"),
    "guided": ("v", "changes by guidance"),
    "change": ("P", "changes by error"),
    "sampler": ("o", "the sampler's"),
}


def front(material: FinishedStudy) -> View:
    scored = scored_trials(material)
    objectives = material.folder.objectives
    second, others = objectives[1], objectives[2:]
    chosen = int(material.summary["chosen"]["number"])

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        if second == "cecv_deviation":
            _shade_band(ax)
        told: set[str] = set()
        for row in each(scored):
            marker, label = _ORIGINS[_kind(row.origin)]
            mark: dict[str, Any] = {"marker": marker, "ms": 6, "color": BAND, "zorder": 3}
            if row.number == chosen:
                mark = {"marker": "*", "ms": 15, "color": BEST, "zorder": 4}
                label = "recommended"
            ax.plot(
                [getattr(row, material.val)],
                [getattr(row, second)],
                ls="none",
                mew=0,
                gid=gid(row.number),
                label=None if label in told else label,
                **mark,
            )
            told.add(label)
        line = scored[scored["on_front"]].sort_values(material.val)
        # of three objectives or more, the front is no line in this plane
        look: dict[str, Any] = {"lw": 1.6, "drawstyle": "steps-post"}
        if others:
            look = {"ls": "none", "marker": "o", "ms": 11, "mfc": "none", "mew": 1.4}
        ax.plot(line[material.val], line[second], color=GLOBAL, label="front", zorder=2, **look)
        if OBJECTIVES[second].ratio_scale:
            ax.set_yscale("log")
        else:
            ax.set_ylim(bottom=0)
        ax.set_xlabel(material.with_unit(f"validation {material.error.label}"))
        ax.set_ylabel(OBJECTIVES[second].axis)
        ax.grid()
        ax.legend(fontsize=8.5)

    columns = ("number", *OBJECTIVES, "origin", "on_front", "architecture")
    about = f"{OBJECTIVES[second].about} ".lstrip()
    more = f" Further objectives: {', '.join(OBJECTIVES[name].label for name in others)}."
    return View(
        "front",
        "The Pareto front",
        f"Validation {material.error.label} and {OBJECTIVES[second].label} of every finished "
        f"trial; down and to the left is better. {about}Recommended: the "
        f"{material.summary.get('rule', LOWEST)}.{more if others else ''}",
        scored[[c for c in columns if c in scored]],
        draw,
        (5.8, 4.1),
        hover=trial_words(scored, material),
    )


def scored_trials(material: FinishedStudy) -> pd.DataFrame:
    """Finished trials with the second objective; ViewError where no trial has one."""
    objectives, done = material.folder.objectives, material.done
    if len(objectives) == 1:
        raise ViewError(f"the study minimises {OBJECTIVES[objectives[0]].label} alone")
    second = objectives[1]
    if second not in done or not done[second].notna().any():
        why = ", since the study has no target band" if OBJECTIVES[second].of_the_band else ""
        raise ViewError(f"no trial has a value of {OBJECTIVES[second].label}{why}")
    return done.dropna(subset=[second])


def _shade_band(ax: Axes) -> None:
    ax.axhspan(0, HALF_WIDTH, color=BAND, alpha=0.18, lw=0)
    ax.text(
        0.995,
        HALF_WIDTH,
        "inside the band",
        ha="right",
        va="top",
        fontsize=8,
        color=TICK,
        transform=ax.get_yaxis_transform(),
    )


def _kind(origin: str) -> str:
    kind = origin.partition(":")[0]
    return kind if kind in _ORIGINS else "sampler"
