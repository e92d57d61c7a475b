"""Values of elements on the periodic table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.elements import MAX_Z, SYMBOLS
from fusionnas.data.periodic_table import ACTINIDES, LANTHANIDES, group, period
from fusionnas.plots.style import GRID, ON_DARK, ON_LIGHT, TICK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

SIZE = (9.0, 4.8)  # inches in which all text can be read
FEW = 10  # the cell of an element that is in fewer compounds is hatched
DIVERGING = "RdBu_r"
SEQUENTIAL = "YlGnBu"

_LAST_COMMON = 103  # heavier elements have a cell only if they have a value
_F_ROWS = (LANTHANIDES, ACTINIDES)  # drawn below the table
_F_GAP = 0.35  # between the table and these rows, in cells
_EDGE = 0.93  # the drawn part of a cell; the rest is the space to the next one
_QUIET = "#a3abb6"


def periodic_table(
    fig: Figure | SubFigure,
    values: Mapping[str, float],
    label: str,
    *,
    diverging: bool = False,
    counts: Mapping[str, int] | None = None,
) -> Axes:
    """Draw a value for each element; the cell of an element without a finite value is white.

    The colours end at the 2nd and 98th percentile, so that one element cannot use the whole scale.

    Args:
        fig: a figure of about `SIZE`.
        values: values by symbol.
        label: the name of the values, with the unit, for the colour bar.
        diverging: colours around zero; each number has its sign, which remains without colours.
        counts: the number of compounds behind each value.
    """
    finite = {symbol: float(v) for symbol, v in values.items() if np.isfinite(v)}
    colours, extend = _colours(np.array(list(finite.values())), diverging)
    decimals = decimals_for(finite.values())
    ax = fig.subplots()
    for z in range(1, MAX_Z + 1):
        symbol = SYMBOLS[z]
        if symbol in finite:
            few = counts is not None and counts.get(symbol, 0) < FEW
            text = f"{finite[symbol]:{'+' if diverging else ''}.{decimals}f}".replace("-", "−")
            _draw_cell(ax, z, symbol, text, colours.to_rgba(finite[symbol]), few)
        elif z <= _LAST_COMMON:
            _draw_empty(ax, z, symbol)
    for elements, row in zip(_F_ROWS, (5, 6), strict=True):
        ax.text(
            2 + _EDGE / 2,
            row + _EDGE / 2,
            f"{elements[0]}–{elements[-1]}",
            ha="center",
            va="center",
            fontsize=6.5,
            color=_QUIET,
        )
    ax.set_xlim(0, 18)
    ax.set_ylim(9 + _F_GAP, 0)
    ax.set_aspect("equal")
    ax.axis("off")
    bar = ax.inset_axes((2.7, 1.1, 8.6, 0.34), transform=ax.transData)
    fig.colorbar(colours, cax=bar, orientation="horizontal", extend=extend)
    bar.tick_params(labelsize=7.5, length=2.5)
    bar.set_title(label, loc="center", fontsize=9, fontweight="normal", pad=4)
    if counts is not None and any(counts.get(symbol, 0) < FEW for symbol in finite):
        ax.text(
            7,
            2.55,
            f"hatched: in fewer than {FEW} compounds",
            ha="center",
            va="center",
            fontsize=7.5,
            color=TICK,
        )
    return ax


def cell(z: int) -> tuple[float, float]:
    """Left and upper edge of an element's cell, in cells from the upper left corner."""
    column = group(z)
    if column is not None:
        return column - 1, period(z) - 1
    row = 0 if z in LANTHANIDES else 1
    return 2 + z - _F_ROWS[row][0], 7 + _F_GAP + row


def decimals_for(values: Iterable[float], digits: int = 3) -> int:
    """The number of decimals that gives the largest value `digits` significant digits."""
    largest = max((abs(v) for v in values), default=0)
    return max(0, digits - 1 - int(np.floor(np.log10(largest)))) if largest > 0 else 0


def _colours(values: np.ndarray, diverging: bool) -> tuple[Any, str]:
    """The colours of values, and the ends of the colour bar that some values exceed."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    if not len(values):
        values = np.zeros(1)
    if diverging:
        high = float(np.quantile(np.abs(values), 0.98)) or 1.0
        low = -high
    else:
        low, high = (float(x) for x in np.quantile(values, [0.02, 0.98]))
        high = high if high > low else low + 1.0
    beyond = (bool(values.min() < low), bool(values.max() > high))
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(
        beyond, "neither"
    )
    return ScalarMappable(Normalize(low, high), DIVERGING if diverging else SEQUENTIAL), extend


def _draw_cell(ax: Axes, z: int, symbol: str, text: str, fill: Any, few: bool) -> None:
    from matplotlib.patches import Rectangle

    x, y = cell(z)
    ink = ON_LIGHT if _luminance(fill) > 0.32 else ON_DARK
    ax.add_patch(Rectangle((x, y), _EDGE, _EDGE, facecolor=fill, edgecolor="#8d96a3", lw=0.5))
    if few:
        hatched = Rectangle((x, y), _EDGE, _EDGE, fill=False, hatch="////", lw=0, edgecolor=ink)
        hatched.set_alpha(0.28)
        ax.add_patch(hatched)
    middle = x + _EDGE / 2
    ax.text(
        middle,
        y + 0.35,
        symbol,
        ha="center",
        va="center",
        fontsize=9.5,
        fontweight="bold",
        color=ink,
    )
    ax.text(middle, y + 0.73, text, ha="center", va="center", fontsize=6.8, color=ink)


def _draw_empty(ax: Axes, z: int, symbol: str) -> None:
    from matplotlib.patches import Rectangle

    x, y = cell(z)
    ax.add_patch(Rectangle((x, y), _EDGE, _EDGE, fill=False, edgecolor=GRID, lw=0.5))
    ax.text(
        x + _EDGE / 2, y + _EDGE / 2, symbol, ha="center", va="center", fontsize=9, color=_QUIET
    )


def _luminance(colour: Any) -> float:
    """Relative luminance of an RGB colour (WCAG 2): black 0, white 1."""
    rgb = np.asarray(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
