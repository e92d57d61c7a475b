"""From the training mean to the prediction of a formula, element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.insight.reading.feature_matrices import PEROVSKITES
from fusionnas.insight.reading.formula import Explanation, explain_formulas, explanation_table
from fusionnas.plots.formula_text import subscripted
from fusionnas.plots.numbers import short
from fusionnas.plots.style import BAND, GLOBAL, INK, LOCAL
from fusionnas.plots.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fusionnas.models.predictor import Predictor

CONDITIONS = (
    " Elements are shown at the baseline of the conditions (the median or the most frequent word "
    "of training); each condition then moves to its value."
)
_LINE = 0.22  # inches for each element


def formula_contributions_view(
    networks: Mapping[str, Predictor], formulas: Sequence[str] = PEROVSKITES
) -> View:
    """The contribution of each element of a formula, added to the training mean.

    Args:
        networks: networks by name, one in each column.
        formulas: formulas, one in each row.

    Raises:
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    explained = {name: explain_formulas(one, formulas) for name, one in networks.items()}
    return contributions_of(explained)


def contributions_of(explained: Mapping[str, Sequence[Explanation]]) -> View:
    """The same for formulas that are already explained, by network."""
    some = next(iter(explained.values()))
    lines = [len(one.parts) + 2 for one in some]

    def draw(fig: Figure) -> None:
        axes = fig.subplots(
            len(some), len(explained), squeeze=False, height_ratios=lines, sharex=True
        )
        for column, (name, explanations) in zip(axes.T, explained.items(), strict=True):
            for ax, one in zip(column, explanations, strict=True):
                _draw(ax, one)
            if len(explained) > 1:
                column[0].annotate(
                    name,
                    (0, 1),
                    xytext=(0, 22),
                    xycoords="axes fraction",
                    fontweight="bold",
                    textcoords="offset points",
                    fontsize=10.5,
                    annotation_clip=False,
                )
            column[-1].set_xlabel(some[0].unit)

    return View(
        "formula-contributions",
        "From the training mean to a prediction",
        "Bars: how much each element adds to the training mean (brown) or subtracts (blue-green), "
        "one after the other. They end at the prediction, whose interval is the grey line. In a "
        "network that mixes elements, the contribution of an element depends on the others."
        + (CONDITIONS if some[0].conditions else ""),
        explanation_table(explained),
        draw,
        (4.3 * max(len(explained), 1.4), 0.7 + _LINE * sum(lines) + 0.12 * len(lines)),
    )


def _draw(ax: Axes, one: Explanation) -> None:
    names, shifts = zip(*one.parts, strict=True)
    ends = one.base + np.cumsum([0.0, *shifts])
    for place, shift in enumerate(shifts):
        ax.barh(place, shift, left=ends[place], height=0.66, color=LOCAL if shift > 0 else GLOBAL)
        ax.plot([ends[place + 1]] * 2, [place, place + 1], color=BAND, lw=0.8)
        ax.annotate(
            f"{shift:+.3g}".replace("-", "−"),
            (max(ends[place : place + 2]), place),
            va="center",
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=7.5,
        )
    last = len(names)
    ax.plot([one.lower, one.upper], [last, last], color=BAND, lw=2.2, solid_capstyle="butt")
    ax.plot(one.value, last, "D", color=INK, ms=5)
    ax.axvline(one.base, color=BAND, lw=0.8, ls=":")
    ax.set_yticks(range(last + 1), [*names, "sum"], fontsize=8)
    ax.set_ylim(last + 0.6, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=8)
    title = f"{subscripted(one.formula)}   {short(one.value)} {one.unit}".rstrip()
    ax.set_title(title, fontsize=9, fontweight="normal", pad=3)
