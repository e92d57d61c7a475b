"""The pictures of docs/paper-figures.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.paper_figures.plan import HERE, LABELS, ROWS, SIZE_NETWORKS, SIZES, TITLES, WIDTH
from benchmarks.paper_figures.results_table import Results
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.insight.environment_plots import between_references
from fusionnas.plots.style import GLOBAL, LOCAL, SERIES, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOCS = HERE.parents[1] / "docs"
PICTURES = DOCS / "paper-figures"
COLORS = {"l-g-dcnn": SERIES[0], "lstm": GLOBAL, "dcnn-k1": LOCAL}
RAMP = ("#c9d8ec", "#93b7d8", "#5990bd", "#2a6598", "#10345e")  # few rows light, many dark
YLABEL = "clusters / compounds"


def curves(results: Sequence[Results], panels: Sequence[Sequence[str]], name: str) -> str:
    """Clusters against thresholds: a column a data set, a row of panels for each set of networks.

    Returns:
        The picture in markdown.
    """
    with figure(4.3 * len(results) + 2.4, 3.9 * len(panels) + 0.2) as fig:
        grid = np.array(fig.subplots(len(panels), len(results), squeeze=False, sharey=True))
        for row, names in zip(grid, panels, strict=True):
            for ax, one in zip(row, results, strict=True):
                lines = {LABELS[n]: one.counts(n).mean(axis=0) / one.compounds for n in names}
                _between(ax, lines, one)
                ax.set_title(TITLES[one.data])
                ax.yaxis.set_tick_params(labelleft=ax is row[0])
                ax.set_ylabel(YLABEL if ax is row[0] else "")
            row[-1].legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.02, 0.5))
        return _save(fig, name, "clusters against thresholds")


def curves_by_size(results: Sequence[Results], name: str) -> str:
    """Clusters of three networks, a line for each size of the training part."""
    with figure(3.5 * len(SIZE_NETWORKS) + 2.2, 3.6 * len(results)) as fig:
        grid = np.array(fig.subplots(len(results), len(SIZE_NETWORKS), squeeze=False, sharey="row"))
        for row, one in zip(grid, results, strict=True):
            for ax, network in zip(row, SIZE_NETWORKS, strict=True):
                _between(ax, {}, one)
                for rows, color in zip(SIZES, RAMP, strict=True):
                    c = one.counts(network, rows).mean(axis=0) / one.compounds
                    ax.plot(
                        THRESHOLDS, c, color=color, lw=1.8, marker="o", ms=4, label=f"{rows:,} rows"
                    )
                ax.set_title(f"{LABELS[network]}\n{TITLES[one.data]}", fontsize=10)
                ax.tick_params(axis="x", labelsize=8.5)
                ax.label_outer()
        handles, labels = grid[0, 0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside right center", fontsize=8.5)
        return _save(fig, name, "clusters against thresholds, by size of the training part")


def error_and_deviation(results: Sequence[Results], name: str) -> str:
    """Test error of three networks, and L-G-DCNN's deviation, against the training rows."""
    with figure(4.2 * len(results) + 0.6, 6.4) as fig:
        grid = fig.subplots(2, len(results), squeeze=False, sharex=True)
        for (top, bottom), one in zip(grid.T, results, strict=True):
            for network in SIZE_NETWORKS:
                maes = [one.maes(network, rows) for rows in SIZES]
                _dots(top, maes, COLORS[network], LABELS[network])
            against = {
                f"against references of {ROWS:,} rows": (SERIES[0], [one.band] * len(SIZES)),
                "against references of as many rows": (SERIES[1], [one.band_of(r) for r in SIZES]),
            }
            for label, (color, bands) in against.items():
                pairs = zip(SIZES, bands, strict=True)
                found = [[s.deviation for s in one.scores("l-g-dcnn", r, b)] for r, b in pairs]
                _dots(
                    bottom, [np.array(f) if f else np.array([np.nan]) for f in found], color, label
                )
            top.set_title(TITLES[one.data])
            top.set_ylabel(f"test MAE ({one.unit})")
            bottom.set_ylabel("deviation of L-G-DCNN")
            bottom.set_xlabel("training rows")
            bottom.set_ylim(bottom=0)
            for ax in (top, bottom):
                ax.grid(axis="y")
        grid[0, -1].legend(fontsize=8.5)
        grid[1, -1].legend(fontsize=8.5, loc="lower right")
        return _save(fig, name, "error and deviation, by size of the training part")


def _between(ax: Axes, lines: dict[str, np.ndarray], one: Results) -> None:
    """Clusters / compounds by label, between the references."""
    between_references(ax, lines, one.band, WIDTH, compounds=1)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("threshold")
    ax.set_ylabel(YLABEL)


def _dots(ax: Axes, seeds: Sequence[np.ndarray], color: str, label: str) -> None:
    """The mean as a line, seeds as dots."""
    ax.plot(SIZES, [values.mean() for values in seeds], color=color, lw=1.8, label=label)
    for rows, values in zip(SIZES, seeds, strict=True):
        ax.plot([rows] * len(values), values, "o", color=color, ms=4, alpha=0.7, mew=0)
    ax.set_xscale("log")
    ax.set_xticks(SIZES, [f"{rows:,}" for rows in SIZES])
    ax.minorticks_off()


def _save(fig: Figure, name: str, about: str) -> str:
    path = Path(PICTURES, f"{name}.svg")
    fig.savefig(path, metadata={"Date": None})
    return f"![{name.replace('-', ' ').capitalize()}: {about}]({PICTURES.name}/{path.name})"
