"""A property over the triangle of compositions of three elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.units import with_unit
from fusionnas.insight.sweeps.line_plot import MARKERS
from fusionnas.plots.style import BAND, INK
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = np.sqrt(3) / 2  # height of a triangle of side 1
ACROSS = 3  # triangles of probabilities in each row


def ternary_view(
    table: pd.DataFrame,
    known: pd.DataFrame,
    flips: pd.DataFrame,
    elements: Sequence[str],
    target: str,
    unit: str,
) -> View:
    """For each network a triangle with the value, and one with the width of its interval.

    Probabilities of classes have no interval, and their triangles are side by side.

    Args:
        table, known, flips: tables of `fusionnas.insight.sweeps.Sweep`.
        elements: A at the lower left corner, B at the lower right one, C at the top.
        target, unit: name and unit of the property.
    """
    networks = list(table["network"].unique())
    suffix = f" ({unit})" if unit else ""
    values = [table["value"], known["known"]] if len(known) else [table["value"]]
    lowest, highest = min(v.min() for v in values), max(v.max() for v in values)
    panels = [("value", with_unit(target, unit), "viridis", (lowest, highest))]
    if "lower" in table:
        table = table.assign(width=table["upper"] - table["lower"])
        limits = (table["width"].min(), table["width"].max())
        panels.append(("width", f"width of the 90% interval{suffix}", "magma_r", limits))
    across = 1 if len(panels) > 1 else min(len(networks), ACROSS)
    down = -(-len(networks) // across)

    def draw(fig: Figure) -> None:
        axes = fig.subplots(down, across * len(panels), squeeze=False)
        for ax in axes.ravel()[len(networks) * len(panels) :]:
            ax.axis("off")
        for row, network in enumerate(networks):
            part = table[table["network"] == network]
            points = known[known["network"] == network]
            for column, (name, label, colours, between) in enumerate(panels):
                ax = axes.ravel()[row * len(panels) + column]
                cells = _cells(ax, part, elements, name, between, colours)
                _frame(ax, elements)
                _known(ax, points, elements, cells if name == "value" else None)
                bar = fig.colorbar(
                    cells, ax=ax, orientation="horizontal", shrink=0.75, pad=0.02, aspect=28
                )
                bar.set_label(label, fontsize=8.5)
                bar.outline.set_visible(False)
            if len(networks) > 1:
                axes.ravel()[row * len(panels)].set_title(network, fontsize=10)
        _legend(fig, axes[0, -1], known)

    return View(
        name=f"sweep-{'-'.join(elements)}".lower(),
        title=f"{target}, {'–'.join(elements)}",
        caption=_caption(flips, unit),
        table=table,
        draw=draw,
        size=(3.8 * max(across, 2) if len(panels) == 1 else 7.6, 0.3 + 4.1 * down),
    )


def _plane(frame: pd.DataFrame, elements: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Positions of compositions in the plane: A at (0, 0), B at (1, 0), C at the top."""
    _, second, third = elements
    return (frame[second] + frame[third] / 2).to_numpy(), (frame[third] * HEIGHT).to_numpy()


def _cells(
    ax: Axes,
    part: pd.DataFrame,
    elements: Sequence[str],
    column: str,
    limits: tuple[float, float],
    colours: str,
) -> Any:
    """One hexagon for each composition, in one colour, so that jumps are not smoothed."""
    from matplotlib.collections import PolyCollection

    x, y = _plane(part, elements)
    step = 1 / (np.sqrt(2 * len(part) + 0.25) - 1.5)  # from the number of compositions
    angle = np.pi / 6 + np.arange(6) * np.pi / 3
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1) * step / np.sqrt(3) * 1.02
    cells = PolyCollection(
        np.stack([x, y], axis=1)[:, None] + corners,
        array=part[column].to_numpy(),
        cmap=colours,
        clim=limits,
        lw=0,
        zorder=1,
    )
    ax.add_collection(cells)
    return cells


def _frame(ax: Axes, elements: Sequence[str]) -> None:
    """Corners with their elements, and the lines where the element order changes."""
    corners = np.array([[0, 0], [1, 0], [0.5, HEIGHT]])
    shifts = ((-9, -4), (9, -4), (0, 9))
    for corner, element, shift in zip(corners, elements, shifts, strict=True):
        ax.annotate(
            element,
            corner,
            xytext=shift,
            textcoords="offset points",
            ha="center",
            va="center",
            fontweight="bold",
            color=INK,
        )
    for place in range(3):  # from each corner to the middle of the opposite side
        middle = np.delete(corners, place, axis=0).mean(axis=0)
        ax.plot(
            *zip(corners[place], middle, strict=True),
            color="white",
            lw=0.9,
            ls=(0, (4, 3)),
            zorder=2,
        )
    ax.set_xlim(-0.06, 1.06)
    ax.set_ylim(-0.05, HEIGHT + 0.06)
    ax.set_aspect("equal")
    ax.axis("off")


def _known(ax: Axes, points: pd.DataFrame, elements: Sequence[str], cells: Any) -> None:
    """Known compositions, filled with the colour of their known value if `cells` is given."""
    for part, (marker, _, _) in MARKERS.items():
        some = points[points["part"] == part]
        if not len(some):
            continue
        x, y = _plane(some, elements)
        fill = cells.cmap(cells.norm(some["known"])) if cells is not None else "none"
        ax.scatter(x, y, marker=marker, s=46, c=fill, edgecolors="white", linewidths=2.4, zorder=3)
        ax.scatter(x, y, marker=marker, s=46, c=fill, edgecolors=INK, linewidths=1.1, zorder=4)


def _legend(fig: Figure, ax: Axes, known: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker=marker, ls="", color=INK, mfc="none", ms=6, label=words)
        for part, (marker, _, words) in MARKERS.items()
        if (known["part"] == part).any()
    ]
    handles.append(Line2D([], [], color=BAND, ls=(0, (4, 3)), lw=1, label="order flips"))
    fig.legend(handles=handles, fontsize=8, ncols=len(handles), loc="outside upper center")


def _caption(flips: pd.DataFrame, unit: str) -> str:
    words = []
    for network, rows in flips.groupby("network", sort=False):
        largest = rows.iloc[int(rows["jump"].abs().to_numpy().argmax())]
        if largest["jump"] ** 2 < 1e-12:
            words.append(f"{network} not at all")
            continue
        words.append(
            f"{network} by up to {abs(largest['jump']):.3g} {unit}".rstrip()
            + f" (at {largest['formula']}), in the median {rows['jump'].abs().median():.3g}"
        )
    return (
        "One cell for each composition; marks are known compositions, on the left in the colour of "
        "their known value. On the dashed lines two fractions are equal. There the order in which "
        f"the network reads the elements changes, and the prediction may jump: {'; '.join(words)}. "
        "On the edges one element is absent, so that the network reads two."
    )
