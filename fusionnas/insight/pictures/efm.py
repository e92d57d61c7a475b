"""The element feature matrices (EFMs) of a few compounds as heat maps, networks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.insight.reading.feature_matrices import (
    PEROVSKITES,
    FeatureMatrix,
    feature_matrices,
    long_table,
)
from fusionnas.plots.formula_text import subscripted
from fusionnas.plots.periodic_table import DIVERGING
from fusionnas.plots.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from fusionnas.models.predictor import Predictor

_ROW = 0.2  # inches for each element
_COMPOUND = 0.34  # inches for a compound's title


def efm_view(networks: Mapping[str, Predictor], formulas: Sequence[str] = PEROVSKITES) -> View:
    """Heat maps of elements by channels at the readout's input.

    Args:
        networks: networks by name, one in each column.
        formulas: formulas, one in each row.

    Raises:
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    import pandas as pd

    found = {name: feature_matrices(network, formulas) for name, network in networks.items()}
    table = pd.concat([long_table(*f).assign(network=name) for name, f in found.items()])
    table.insert(0, "network", table.pop("network"))
    sizes = [len(matrix.elements) for matrix in next(iter(found.values()))[0]]

    def draw(fig: Figure) -> None:
        columns = fig.subfigures(1, len(found), squeeze=False)[0]
        for column, (name, (matrices, _)) in zip(columns, found.items(), strict=True):
            _draw_network(column, matrices, name if len(found) > 1 else "")

    return View(
        "efm",
        "Element feature matrices",
        "The features of each element just before the readout: one row for each element, the most "
        "frequent first; one column for each channel. Similar channels are next to each other, "
        "in one order for all compounds. Each network has its own order, since channels of two "
        "networks are unrelated. r: correlation with "
        f"{subscripted(formulas[0])} over all entries, row by row.",
        table,
        draw,
        (4.6 * max(len(found), 1.5), 1.1 + _ROW * sum(sizes) + _COMPOUND * len(sizes)),
    )


def _draw_network(fig: SubFigure, matrices: Sequence[FeatureMatrix], name: str) -> None:
    heights = [len(matrix.elements) for matrix in matrices]
    axes = fig.subplots(len(matrices), 1, squeeze=False, height_ratios=heights)[:, 0]
    limit = float(np.quantile(np.abs(np.concatenate([m.values.ravel() for m in matrices])), 0.98))
    for place, (ax, matrix) in enumerate(zip(axes, matrices, strict=True)):
        image = ax.imshow(
            matrix.values,
            cmap=DIVERGING,
            vmin=-limit,
            vmax=limit,
            aspect="auto",
            interpolation="nearest",
        )
        like = "" if place == 0 or np.isnan(matrix.likeness) else f"   r = {matrix.likeness:.2f}"
        title = f"{subscripted(matrix.formula)}{like.replace('-', '−')}"
        ax.set_title(title, fontsize=9, fontweight="normal", pad=3)
        ax.set_yticks(range(len(matrix.elements)), matrix.elements, fontsize=8)
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    axes[-1].set_xlabel(f"{matrices[0].values.shape[1]} channels", fontsize=8.5)
    bar = fig.colorbar(
        image, ax=list(axes), location="bottom", shrink=0.55, aspect=28, extend="both"
    )
    bar.set_label("feature", fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    if name:
        fig.suptitle(name, fontsize=10.5, fontweight="bold")
