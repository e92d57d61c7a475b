"""Deviation and error of the random proposals: what the verdict on the band rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.cecv.verdict import FEWEST
from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import error_map
from fusionnas.plots.view import View
from fusionnas.report.trial_words import gid, trial_words
from fusionnas.searching.records import record_of
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def verdict(material: FinishedStudy) -> View:
    trials = material.trials
    fair = {trial.number for trial in map(record_of, material.optuna_trials) if trial.fair}
    drawn = trials[(trials["state"] == TrialState.DONE) & trials["number"].isin(fair)]
    if "cecv_deviation" not in drawn or not drawn["cecv_deviation"].notna().any():
        raise ViewError("no random proposal has a deviation")
    drawn = drawn.dropna(subset=["cecv_deviation"]).sort_values("number")
    if len(drawn) < 2:
        raise ViewError(
            f"{len(drawn)} random proposals make a fair sample, and a verdict needs {FEWEST}"
        )

    def draw(fig: Figure) -> None:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import LogNorm
        from matplotlib.ticker import LogLocator, NullLocator

        ax = fig.subplots()
        sizes = drawn["parameters"].to_numpy(float)
        scale = LogNorm(sizes.min(), max(sizes.max(), sizes.min() + 1))
        colours = ScalarMappable(scale, error_map())
        for row, colour in zip(each(drawn), colours.to_rgba(sizes), strict=True):
            ax.plot(
                [row.cecv_deviation],
                [getattr(row, material.val)],
                "o",
                ms=8,
                mew=0,
                color=colour,
                gid=gid(row.number),
            )
        bar = fig.colorbar(colours, ax=ax, label="parameters", shrink=0.9)
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        bar.ax.yaxis.set_major_formatter("{x:,.0f}")
        bar.ax.yaxis.set_minor_locator(NullLocator())
        ax.set_xlabel("CECV deviation (gap = 1)")
        ax.set_ylabel(material.with_unit(f"validation {material.error.label}"))
        ax.margins(0.08)
        ax.grid()

    correlation = material.summary["verdict"]["correlation"]
    told = "" if correlation is None else f" It is {correlation:+.2f} here."
    return View(
        "verdict",
        "Deviation and error of the random proposals",
        "If the band told good networks from bad ones, dots would rise to the right among networks "
        "of one size (colour). The verdict is the partial rank correlation given the size, over "
        "proposals that were drawn at random and trained to the end whatever they showed on the "
        "way: what a sampler or a rung prefers is no fair sample." + told,
        drawn[["number", "cecv_deviation", material.val, "parameters", "architecture"]],
        draw,
        (5.8, 3.8),
        hover=trial_words(drawn, material),
    )
