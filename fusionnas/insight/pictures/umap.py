"""Compounds in the plane of their features, at the input and at the readout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.errors import ViewError
from fusionnas.insight.pictures.units import with_unit
from fusionnas.insight.reading.projection import (
    EPOCHS,
    INSTALL,
    MIN_DISTANCE,
    NEIGHBOURS,
    begin_projections,
    has_umap,
    neighbour_agreement,
)
from fusionnas.insight.reading.reading import Formulas, compound_means, element_rows, encode, read
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from fusionnas.models.predictor import Predictor
    from fusionnas.networks.network import Tap

MOST = 2_000  # largest number of compounds in the picture
LEAST = 100  # fewer compounds make no landscape
_ERRORS = ("#d3d9e1", "#e39a2d", "#8f1035")  # small ones fade, large ones stand out, also in grey
_TAPS: tuple[tuple[Tap, str], ...] = (
    ("input", "at the input"),
    ("readout_input", "at the readout"),
)


def umap_view(
    network: Predictor,
    formulas: Formulas,
    target: np.ndarray | None = None,
    seed: int = 0,
) -> View:
    """UMAP of compounds by the mean of their element features.

    `begin_umap` begins it, and returns a function that ends it.

    Args:
        network: network whose features after the embedding and before the readout are shown.
        formulas: formulas of the compounds; of more than `MOST` some are drawn at random.
        target: target of each, (N,); without it colours show only the prediction.
        seed: seed of the choice and of UMAP.

    Raises:
        ViewError: umap-learn is not installed, or there are too few compounds.
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    return begin_umap(network, formulas, target, seed)()


def begin_umap(
    network: Predictor,
    formulas: Formulas,
    target: np.ndarray | None = None,
    seed: int = 0,
) -> Callable[[], View]:
    """Begin `umap_view`, whose compounds are projected in another process meanwhile."""
    if not has_umap():
        raise ViewError(f"UMAP needs umap-learn ({INSTALL})")
    frame, agreement, projected = _begun(network, formulas, target, seed)

    def end() -> View:
        for (tap, _), found in zip(_TAPS, projected(), strict=True):
            frame[f"{tap}_x"], frame[f"{tap}_y"] = found.T
        return _view(network, len(formulas), frame, agreement, target is not None, seed)

    return end


def _view(
    network: Predictor,
    compounds: int,
    frame: pd.DataFrame,
    agreement: Mapping[Tap, float],
    has_target: bool,
    seed: int,
) -> View:
    """The picture of `frame`, which shows all or some of so many compounds."""
    shown = "target" if has_target else "prediction"

    def draw(fig: Figure) -> None:
        from matplotlib import colormaps
        from matplotlib.colors import LinearSegmentedColormap

        errors = LinearSegmentedColormap.from_list("error", _ERRORS)
        rows = [(shown, shown, colormaps["viridis"])]
        if has_target:
            rows.append(("error", "|error|", errors))
        axes = fig.subplots(len(rows), 2, squeeze=False)
        for line, (column, label, colours) in zip(axes, rows, strict=True):
            for ax, (tap, where) in zip(line, _TAPS, strict=True):
                dots = _scatter(ax, frame, tap, column, colours)
                if ax in axes[0]:
                    ax.set_title(where)
            bar = fig.colorbar(dots, ax=list(line), extend="both", aspect=24)
            bar.set_label(with_unit(label, network))
            bar.ax.tick_params(labelsize=8.5)

    drawn = f"{len(frame):,} compounds"
    if compounds > len(frame):
        drawn += f" drawn at random from {compounds:,}"
    return View(
        "umap",
        "The landscape of compounds",
        f"UMAP ({NEIGHBOURS} neighbours, minimal distance {MIN_DISTANCE}, {EPOCHS} epochs, "
        f"Euclidean, seed {seed}) of {drawn}. A compound is the mean of its elements' features, "
        "after the embedding (left) and before the readout (right); axes have no meaning, nearness "
        f"has. The mean {shown} of the ten nearest compounds, in all channels, explains "
        f"{max(agreement['input'], 0):.0%} of the variance at the input and "
        f"{max(agreement['readout_input'], 0):.0%} at the readout: this shows how well the network "
        "has brought compounds with equal property together.",
        frame,
        draw,
        (7.6, 3.4 * (2 if has_target else 1)),
        raster=True,
    )


def _begun(
    network: Predictor, formulas: Formulas, target: np.ndarray | None, seed: int
) -> tuple[pd.DataFrame, dict[Tap, float], Callable[[], list[np.ndarray]]]:
    """One row for each compound, how well neighbours agree at each tap, and their projections."""
    import pandas as pd

    table = encode(network, formulas)
    taken = np.sort(np.random.default_rng(seed).permutation(len(table))[:MOST])
    table = table.take(taken)
    if len(table) < LEAST:
        raise ViewError(f"{len(table)} compounds are too few for a landscape; it needs {LEAST}")
    frame = pd.DataFrame({"formula": table.formulas()})
    frame["prediction"] = read(network, table).prediction
    if target is not None:
        frame["target"] = np.asarray(target, dtype=float)[taken]
        frame["error"] = (frame["target"] - frame["prediction"]).abs()
    values = frame["prediction" if target is None else "target"].to_numpy(dtype=float)
    means = [compound_means(element_rows(network, table, tap), table) for tap, _ in _TAPS]
    projected = begin_projections(means, seed)
    agreement = {
        tap: neighbour_agreement(mean, values) for (tap, _), mean in zip(_TAPS, means, strict=True)
    }
    return frame, agreement, projected


def _scatter(
    ax: Axes, frame: pd.DataFrame, tap: str, column: str, colours: Colormap
) -> ScalarMappable:
    # the highest on top, so that large errors are visible
    order = frame.sort_values(column, kind="stable")
    low, high = np.quantile(order[column], [0.02, 0.98])
    dots = ax.scatter(
        order[f"{tap}_x"],
        order[f"{tap}_y"],
        c=order[column],
        s=5,
        lw=0,
        cmap=colours,
        vmin=low,
        vmax=high,
        rasterized=True,
    )
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return dots
