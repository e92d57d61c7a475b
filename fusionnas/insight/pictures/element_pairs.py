"""Element pairs that two networks read differently where the reference network fails."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import ViewError
from fusionnas.insight.reading.pairs import FDR, LEAST, PairChanges, pair_changes
from fusionnas.insight.reading.reading import Formulas, encode, feature_blocks, read
from fusionnas.plots.numbers import short
from fusionnas.plots.style import BAND, BEST, CARD, INK
from fusionnas.plots.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from fusionnas.models.predictor import Predictor

TOP = 15  # number of pairs in the picture


def element_pairs_view(
    network: Predictor,
    reference: Predictor,
    formulas: Formulas,
    target: np.ndarray,
    name: str = "the reference",
    seed: int = 0,
) -> View:
    """Mean change of two elements' correlation where the reference fails, against random draws.

    Args:
        network, reference: two networks that predict the same property.
        formulas, target: formulas and targets of compounds that neither was trained on, N each.
        name: name of the reference, for the caption.
        seed: seed of the draws.

    Raises:
        ViewError: no pair is in enough compounds. CECVError: there is no compound of three
            elements. FormulaError, ElementError: a formula cannot be read, or has no element
            vectors.
    """
    table = encode(network, formulas)
    errors, features = [], []
    for one in (network, reference):
        errors.append(np.abs(read(one, table).prediction - np.asarray(target)))
        features.append(feature_blocks(one, table))
    found = pair_changes(table, features[0], features[1], errors[1] - errors[0], seed)
    if found.table.empty:
        raise ViewError(f"no pair of elements is in {LEAST} compounds where the reference fails")
    rows = found.table.head(TOP)

    def draw(fig: Figure) -> None:
        _draw(fig, found)

    return View(
        "element-pairs",
        "Element pairs that are read differently",
        _caption(found, name.removeprefix("the "), network.unit),
        found.table,
        draw,
        (6.8, 1.5 + 0.27 * len(rows)),
        hover={f"pair-{row['pair']}": _words(row) for row in rows.to_dict("records")},
    )


def _words(row: Mapping[Hashable, Any]) -> str:
    """The text of a pair under the pointer."""
    return (
        f"{row['pair']}: {row['change']:+.2f} on {row['failing']} compounds, "
        f"{row['usual']:+.2f} on all {row['compounds']}; p = {row['p']:.2g}, q = {row['q']:.2g}"
    )


def _caption(found: PairChanges, name: str, unit: str) -> str:
    pairs, hits = len(found.table), found.significant
    if hits:
        named = ", ".join(found.table["pair"].head(min(hits, 6)))
        more = f" and {hits - 6} more" if hits > 6 else ""
        verdict = f"{hits} of {pairs} pairs stand out ({named}{more})"
    else:
        verdict = (
            f"None of {pairs} pairs stands out: where the reference fails, the network reads "
            "pairs of elements no more differently than it does elsewhere"
        )
    return (
        f"{verdict}, at a false discovery rate of {FDR:.0%}. R is the correlation of two elements' "
        f"features within a compound. Dots: its mean change from the {name} to the network over "
        f"the {found.failing} of {found.compounds:,} compounds where the reference errs most "
        f"beyond the network, by more than {short(found.excess)} {unit}".rstrip()
        + ", with 95% bootstrap intervals; in brackets how many of them hold the pair, of all that "
        "do. Grey: 95% of the means of as many compounds drawn at random from these."
    )


def _draw(fig: Figure, found: PairChanges) -> None:
    ax = fig.subplots()
    rows = found.table.head(TOP).iloc[::-1].to_dict("records")
    for place, row in enumerate(rows):
        color = BEST if row["significant"] else INK
        ax.barh(
            place,
            row["null_high"] - row["null_low"],
            left=row["null_low"],
            height=0.62,
            color=BAND,
            alpha=0.35,
            lw=0,
            label="random compounds" if place == 0 else None,
        )
        ax.plot([row["change_low"], row["change_high"]], [place, place], color=color, lw=1.4)
        dot = _mark(row["change"], place, color, row["significant"])
        dot.set_gid(f"pair-{row['pair']}")
        ax.add_line(dot)
    labels = [f"{row['pair']}  ({row['failing']} of {row['compounds']})" for row in rows]
    ax.set_yticks(range(len(rows)), labels, fontsize=8.5)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=9)
    ax.axvline(0, color=INK, lw=0.7)
    ax.set_xlabel("mean change of R where the reference fails", fontsize=9.5)
    ax.grid(axis="x")
    ax.set_ylim(-0.6, len(rows) - 0.4)
    handles = [*ax.get_legend_handles_labels()[0]]
    for words, color, filled in (("stands out", BEST, True), ("does not", INK, False)):
        handles.append(_mark(0, 0, color, filled, words))
    fig.legend(handles=handles, fontsize=8.5, loc="outside upper center", ncols=3)


def _mark(x: float, y: float, color: str, filled: bool, label: str = "") -> Line2D:
    """A dot, filled where the pair is significant."""
    from matplotlib.lines import Line2D

    return Line2D(
        [x],
        [y],
        marker="o",
        ls="",
        ms=6,
        mew=1.4,
        mec=color,
        mfc=color if filled else CARD,
        label=label,
    )
