"""Prediction against target of the test part, with the distributions of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import BEST, FAINT, INK, TICK, error_map
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 60


def parity(material: FinishedStudy) -> View:
    prediction, deviation = material.tested_values
    table = material.predictions[["formula", "target"]].assign(
        prediction=prediction, uncertainty=deviation
    )
    target = table["target"].to_numpy(float)
    left = float(((target - prediction) ** 2).sum())
    total = float(((target - target.mean()) ** 2).sum())

    def draw(fig: Figure) -> None:
        grid = fig.add_gridspec(2, 2, width_ratios=[5, 1], height_ratios=[1, 5])
        ax = fig.add_subplot(grid[1, 0])
        order = np.argsort(deviation)
        uncertainty = deviation[order]
        dots = ax.scatter(
            target[order],
            prediction[order],
            c=uncertainty,
            s=float(np.clip(3000 / len(target), 6, 30)),
            lw=0,
            cmap=error_map(),
            alpha=0.8,
            vmin=float(np.quantile(uncertainty, 0.02)),
            vmax=float(np.quantile(uncertainty, 0.98)),
            rasterized=len(target) > 1000,
        )
        low, high = _ends(np.concatenate([target, prediction]))
        ax.plot([low, high], [low, high], color=INK, lw=0.9)
        ax.set_xlim(low, high)
        ax.set_ylim(low, high)
        ax.set_xlabel(material.with_unit("target"))
        ax.set_ylabel(material.with_unit("prediction"))
        ax.grid()
        edges = np.linspace(low, high, BINS + 1).tolist()
        top = fig.add_subplot(grid[0, 0], sharex=ax)
        side = fig.add_subplot(grid[1, 1], sharey=ax)
        top.hist(target, edges, color=FAINT)
        side.hist(prediction, edges, color=BEST, alpha=0.55, orientation="horizontal")
        for margin in (top, side):
            margin.axis("off")
        bar = fig.colorbar(dots, ax=side, fraction=0.6, pad=0.25, aspect=28)
        bar.set_label(material.with_unit("stated uncertainty"), color=TICK)

    share = "" if total == 0 else f" R² is {1 - left / total:.3f}."
    return View(
        "parity",
        "Prediction and target",
        f"Each dot is one of {len(table):,} test compositions, predicted by the {material.model} "
        "and coloured by the uncertainty that it states; the most uncertain are drawn last. Above "
        f"and beside: the distributions of target and prediction.{share}",
        table,
        draw,
        (5.8, 4.9),
    )


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The range of all values, with a small margin."""
    low, high = float(values.min()), float(values.max())
    room = 0.03 * (high - low) or 1.0
    return low - room, high + room
