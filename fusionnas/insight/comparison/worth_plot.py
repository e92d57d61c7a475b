"""A picture of a search, trial by trial, beside random search with the same number of trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import BAND, BEST, INK, LOCAL, SERIES, TICK, whole_numbers
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MARKS = {
    "named": ("s", "#7d8794", "named network"),
    "random": ("^", "#7d8794", "random proposal"),
    "sampler": ("o", BEST, "the sampler's proposal"),
}
STYLES = ("--", "-.", ":")


def worth_view(
    curves: pd.DataFrame,
    random_best: pd.DataFrame,
    study: str,
    unit: str,
    words: Sequence[str],
    label: str = "MAE",
) -> View:
    """Validation error of each trial, the best so far, and the best of as many random proposals.

    Args:
        curves: table with `study`, `trial`, `side`, `error` and `best`, as in `SearchWorth`.
        random_best: table with `tries`, and `mean`, `low` and `high` of the best of so many random
            proposals.
        study: study whose trials are drawn one by one; for others only the best so far is drawn.
        unit: unit of the target.
        words: results of the comparison in sentences.
        label: what the error is called.
    """
    suffix = f" ({unit})" if unit else ""

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        mine = curves[curves["study"] == study]
        finite = mine["error"][np.isfinite(mine["error"])]
        low, span = finite.min(), np.quantile(finite, 0.85) - finite.min()
        top = low + 1.35 * (span or abs(low) or 1.0)
        tries, high = random_best["tries"], random_best["high"].clip(upper=top)
        ax.fill_between(
            tries,
            random_best["low"],
            high,
            color=BAND,
            alpha=0.25,
            lw=0,
            label="90% of draws of random proposals",
        )
        ax.plot(
            tries,
            random_best["mean"].clip(upper=top),
            color=INK,
            lw=1.2,
            ls=(0, (4, 2)),
            label="best of so many random proposals",
        )
        for side, (marker, color, name) in MARKS.items():
            some = mine[mine["side"] == side]
            if len(some):
                ax.plot(
                    some["trial"],
                    some["error"].clip(upper=top),
                    marker,
                    ls="",
                    ms=5,
                    color=color,
                    mec="white",
                    mew=0.6,
                    label=name,
                    clip_on=False,
                )
        ax.step(
            mine["trial"],
            mine["best"].clip(upper=top),
            where="post",
            color=BEST,
            lw=2.2,
            label=f"{study}: best so far",
        )
        for place, other in enumerate(n for n in curves["study"].unique() if n != study):
            its = curves[curves["study"] == other]
            ax.step(
                its["trial"],
                its["best"].clip(upper=top),
                where="post",
                lw=1.8,
                color=(LOCAL, *SERIES[2:])[place % 5],
                ls=STYLES[place % 3],
                label=f"{other}: best so far",
            )
        beyond = int((mine["error"] > top).sum())
        if beyond:
            words = f"{beyond} trial{'s' * (beyond > 1)} higher or failed"
            ax.text(1, 1.01, words, transform=ax.transAxes, ha="right", fontsize=8, color=TICK)
        ax.set_ylim(low - 0.08 * (top - low), top)
        ax.set_xlim(0.4, curves["trial"].max() + 0.6)
        ax.set_xlabel("trials")
        ax.set_ylabel(f"validation {label}{suffix}")
        whole_numbers(ax.xaxis)
        ax.grid(axis="y")
        ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))

    return View(
        name="search-worth",
        title="Was the search worth it?",
        caption=(
            "Marks are trials by who proposed them, the step is the lowest validation "
            f"{label} so far; "
            "the dashed line is the best that so many random proposals give on average, from the "
            f"study's own. {' '.join(words)}"
        ),
        table=curves,
        draw=draw,
        size=(8.6, 4.0),
    )
