"""Which elements a network treats as similar, at the readout and at the input."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import NUMBERS
from fusionnas.data.periodic_table import block_name
from fusionnas.errors import ViewError
from fusionnas.insight.reading.reading import Formulas, element_rows, encode
from fusionnas.insight.reading.similarity import element_similarity, group_contrast
from fusionnas.plots.periodic_table import DIVERGING
from fusionnas.plots.style import INK
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fusionnas.models.predictor import Predictor


def similarity_view(network: Predictor, formulas: Formulas) -> View:
    """Correlations of the elements' mean features, in periodic order.

    Args:
        network: network whose features are compared.
        formulas: formulas of the compounds over which an element's features are averaged.

    Raises:
        ViewError: fewer than three elements are in three or more compounds.
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    table = encode(network, formulas)
    output = element_similarity(element_rows(network, table), table.numbers)
    first = element_similarity(element_rows(network, table, "input"), table.numbers)
    if len(output) < 3:
        raise ViewError("fewer than three elements are in three or more compounds")
    (same, other), (same_first, other_first) = group_contrast(output), group_contrast(first)

    def draw(fig: Figure) -> None:
        _draw(fig, first, output)

    return View(
        "element-similarity",
        "Which elements are alike",
        "Correlation of the elements' mean features over channels (each channel minus its mean "
        f"over elements; means over {len(table):,} compounds; elements in at least three). Below "
        "the diagonal as they enter the trunk, above it before the readout. Elements are sorted by "
        "group; f: lanthanides and actinides. Two elements of one group correlate by "
        f"{_signed(same_first)} at the input and {_signed(same)} at the readout, of different "
        f"groups by {_signed(other_first)} and {_signed(other)}.",
        _pairs(first, output),
        draw,
        (8.4, 7.7),
    )


def _pairs(first: pd.DataFrame, output: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair of elements: correlation at the input and at the readout."""
    import pandas as pd

    names = output.index.to_numpy()
    a, b = np.triu_indices(len(names), k=1)
    return pd.DataFrame(
        {
            "element": names[a],
            "other": names[b],
            "input": first.to_numpy()[a, b],
            "readout": output.to_numpy()[a, b],
        }
    )


def _draw(fig: Figure, first: pd.DataFrame, output: pd.DataFrame) -> None:
    ax = fig.subplots()
    size = len(output)
    both = np.where(np.tri(size, k=-1, dtype=bool), first.to_numpy(), output.to_numpy())
    both[np.diag_indices(size)] = np.nan
    image = ax.imshow(both, cmap=DIVERGING, vmin=-1, vmax=1, interpolation="nearest")
    font = min(8.0, 430 / size)
    ax.set_xticks(range(size), output.columns, fontsize=font)
    ax.set_yticks(range(size), output.index, fontsize=font)
    ax.tick_params(length=0, pad=1)
    _stagger(ax)
    _mark_groups(ax, [block_name(NUMBERS[symbol]) for symbol in output.index])
    ax.spines[:].set_visible(False)
    ax.set_title("above the diagonal: before the readout", fontsize=9.5, loc="right", pad=16)
    ax.set_xlabel(
        "below the diagonal: at the input", fontsize=9.5, fontweight="bold", loc="left", labelpad=10
    )
    bar = fig.colorbar(image, ax=ax, shrink=0.45, aspect=28)
    bar.set_label("correlation", fontsize=9)
    bar.ax.tick_params(labelsize=8)


def _stagger(ax: Axes) -> None:
    """Move every second symbol down, since two letters are wider than a cell."""
    for label in ax.get_xticklabels()[1::2]:
        label.set_y(-0.012)


def _mark_groups(ax: Axes, groups: Sequence[str]) -> None:
    """Lines between groups, and their names along the top and the right."""
    size, start = len(groups), 0
    for name, members in groupby(groups):
        count = len(list(members))
        middle = start + (count - 1) / 2
        ax.text(middle, -1, name, ha="center", va="bottom", fontsize=7.5, color=INK)
        ax.text(size, middle, name, ha="left", va="center", fontsize=7.5, color=INK)
        start += count
        if start < size:
            for line in (ax.axhline, ax.axvline):
                line(start - 0.5, color="white", lw=0.9)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
