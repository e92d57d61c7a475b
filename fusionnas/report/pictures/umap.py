"""Compounds in the plane of their features, at the input and at the readout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.analysis.projection import (
    EPOCHS,
    INSTALL,
    MIN_DISTANCE,
    NEIGHBOURS,
    has_umap,
    neighbour_agreement,
    project,
)
from fusionnas.analysis.reading import compound_means, element_rows, encode, read
from fusionnas.errors import ViewError
from fusionnas.report.material import Material
from fusionnas.report.pictures.networks import with_unit
from fusionnas.report.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fusionnas.network import Tap
    from fusionnas.predict import Predictor

MOST = 2_000  # compounds that are drawn
_TAPS: tuple[tuple[Tap, str], ...] = (
    ("input", "at the input"),
    ("readout_input", "at the readout"),
)


def umap(material: Material) -> View:
    predictions = material.predictions
    return umap_view(
        material.best, predictions["formula"].tolist(), predictions["target"].to_numpy()
    )


def umap_view(
    network: Predictor,
    formulas: Sequence[str],
    target: np.ndarray | None = None,
    seed: int = 0,
) -> View:
    """UMAP of compounds by the mean of their element features.

    Args:
        network: whose features are taken, after the embedding and before the readout.
        formulas: of the compounds; of more than `MOST` some are drawn at random.
        target: of each, (N,); without it colours show the prediction alone.
        seed: of the choice and of UMAP.

    Raises:
        ViewError: umap-learn is not installed, or there are too few compounds.
        FormulaError, ElementError: a formula that cannot be read, or without element vectors.
    """
    if not has_umap():
        raise ViewError(f"UMAP needs umap-learn ({INSTALL})")
    frame, agreement, total = _projected(network, formulas, target, seed)
    shown, property_name = ("target", "target") if target is not None else ("value", "prediction")

    def draw(fig: Figure) -> None:
        rows = [(shown, with_unit(property_name, network), "viridis")]
        if target is not None:
            rows.append(("error", with_unit("|error|", network), "YlOrRd"))
        axes = fig.subplots(len(rows), 2, squeeze=False)
        for line, (column, label, colours) in zip(axes, rows, strict=True):
            for ax, (tap, where) in zip(line, _TAPS, strict=True):
                dots = _scatter(ax, frame, tap, column, colours)
                if ax in axes[0]:
                    ax.set_title(where)
            fig.colorbar(dots, ax=list(line), label=label, extend="both", aspect=24)

    drawn = f"{len(frame):,} compounds"
    if total > len(frame):
        drawn += f" drawn at random from {total:,}"
    return View(
        "umap",
        "The landscape of compounds",
        f"UMAP ({NEIGHBOURS} neighbours, minimal distance {MIN_DISTANCE}, {EPOCHS} epochs, "
        f"Euclidean, seed {seed}) of {drawn}. A compound is the mean of its elements' features, "
        "after the embedding (left) and before the readout (right); axes have no meaning, nearness "
        f"has. The mean {property_name} of the ten nearest compounds, in all channels, explains "
        f"{max(agreement['input'], 0):.0%} of the variance at the input and "
        f"{max(agreement['readout_input'], 0):.0%} at the readout: how far the network has put "
        "compounds of equal property together.",
        frame,
        draw,
        (8.4, 3.9 * (2 if target is not None else 1)),
        raster=True,
    )


def _projected(
    network: Predictor, formulas: Sequence[str], target: np.ndarray | None, seed: int
) -> tuple[pd.DataFrame, dict[str, float], int]:
    """A row a compound, how neighbours agree at each tap, and how many compounds there were."""
    import pandas as pd

    table = encode(network, formulas)
    total = len(table)
    taken = np.sort(np.random.default_rng(seed).permutation(total)[:MOST])
    table = table.take(taken)
    if len(table) <= NEIGHBOURS:
        raise ViewError(f"UMAP needs more than {NEIGHBOURS} compounds")
    columns: dict[str, object] = {"formula": [formulas[row] for row in taken]}
    columns["value"] = read(network, table).prediction
    coloured = columns["value"]
    if target is not None:
        coloured = columns["target"] = np.asarray(target, dtype=float)[taken]
        columns["error"] = np.abs(columns["target"] - columns["value"])
    agreement = {}
    for tap, _ in _TAPS:
        means = compound_means(element_rows(network, table, tap), table)
        agreement[tap] = neighbour_agreement(means, coloured)
        columns[f"{tap}_x"], columns[f"{tap}_y"] = project(means, seed).T
    return pd.DataFrame(columns), agreement, total


def _scatter(ax: Axes, frame: pd.DataFrame, tap: str, column: str, colours: str) -> object:
    # the highest on top: errors that are large should be seen
    order = frame.sort_values(column, kind="stable")
    low, high = np.quantile(order[column], [0.02, 0.98])
    dots = ax.scatter(
        order[f"{tap}_x"], order[f"{tap}_y"], c=order[column], s=5, lw=0, cmap=colours,
        vmin=low, vmax=high, rasterized=True,
    )  # fmt: skip
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return dots
