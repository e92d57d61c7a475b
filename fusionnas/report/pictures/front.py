"""The two objectives of every trial, and the front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.errors import ViewError
from fusionnas.report.material import Material
from fusionnas.report.rows import each
from fusionnas.report.style import BAND, BEST, GLOBAL, TICK
from fusionnas.report.trial_words import gid, trial_words
from fusionnas.report.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ORIGINS = {"named": ("s", "named architectures"), "random": ("^", "random design"),
            "sampler": ("o", "the sampler's")}  # fmt: skip
_COLUMNS = ["number", "val_mae", "cecv_deviation", "cecv_excess", "parameters", "origin",
            "on_front", "architecture"]  # fmt: skip


def front(material: Material) -> View:
    scored = scored_trials(material)
    chosen = int(material.summary["chosen"]["number"])

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        ax.axhspan(0, HALF_WIDTH, color=BAND, alpha=0.18, lw=0)
        ax.text(
            0.995, HALF_WIDTH, "inside the band", ha="right", va="top", fontsize=8, color=TICK,
            transform=ax.get_yaxis_transform(),
        )  # fmt: skip
        told: set[str] = set()
        for row in each(scored):
            marker, label = _ORIGINS[_kind(row.origin)]
            mark: dict[str, Any] = {"marker": marker, "ms": 6, "color": BAND, "zorder": 3}
            if row.number == chosen:
                mark = {"marker": "*", "ms": 15, "color": BEST, "zorder": 4}
                label = "recommended"
            ax.plot(
                [row.val_mae], [row.cecv_deviation], ls="none", mew=0, gid=gid(row.number),
                label=None if label in told else label,
                **mark,
            )  # fmt: skip
            told.add(label)
        line = scored[scored["on_front"]].sort_values("val_mae")
        ax.plot(
            line["val_mae"], line["cecv_deviation"], color=GLOBAL, lw=1.6, label="front",
            drawstyle="steps-post", zorder=2,
        )  # fmt: skip
        ax.set_ylim(bottom=0)
        ax.set_xlabel(material.with_unit("validation MAE"))
        ax.set_ylabel("CECV deviation (gap = 1)")
        ax.grid()
        ax.legend(fontsize=8.5)

    return View(
        "front",
        "The Pareto front",
        "Both objectives of every finished trial; down and to the left is better. The deviation is "
        "the mean distance from the band's centre in units of the gap between the references. "
        "Among the front, the lowest MAE is recommended.",
        scored[[c for c in _COLUMNS if c in scored]],
        draw,
        (5.8, 4.1),
        hover=trial_words(scored, material.unit),
    )


def scored_trials(material: Material) -> pd.DataFrame:
    """Finished trials with a deviation; ViewError where no trial has one."""
    done = material.done
    if "cecv_deviation" not in done or not done["cecv_deviation"].notna().any():
        raise ViewError("no trial has a CECV deviation, since the study has no target band")
    return done.dropna(subset=["cecv_deviation"])


def _kind(origin: str) -> str:
    kind = origin.partition(":")[0]
    return kind if kind in _ORIGINS else "sampler"
