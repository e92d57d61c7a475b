"""The common style of plots: colours that also differ in grey and for the colour-blind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK = "#1b1f24"
BEST = "#d1495b"  # the recommended network
GLOBAL = "#00798c"  # the global reference
LOCAL = "#b8741a"  # the local reference
BAND = "#8d96a3"
FAINT = "#c3cad4"
# several networks in one plot: from dark to light, so that they also differ in grey
SERIES = ("#3b1c5a", "#d1495b", "#2a7fb8", "#7a9a01", "#e39a2d", "#8a5a83")
AXIS, TICK, GRID = "#6b7480", "#49515c", "#e4e8ed"
CARD = "#fffffe"  # almost white, so that a dark screen can change this colour only
ON_LIGHT, ON_DARK = "#101418", "#ffffff"  # text on coloured cells, the same on every screen
# from a low error to a high one; both ends are visible on a white and on a dark card
ERROR_MAP = ("#2f6fb3", "#8f9f9f", "#e39a2d")

# the name of each colour in the page's style sheet, which has a lighter one for dark screens
VARIABLES = {
    INK: "ink",
    BEST: "best",
    GLOBAL: "global",
    LOCAL: "local",
    BAND: "band",
    FAINT: "faint",
    AXIS: "axis",
    TICK: "tick",
    GRID: "grid",
    CARD: "card",
    **{color: f"series-{i}" for i, color in enumerate(SERIES) if color != BEST},
}

_RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": AXIS,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": TICK,
    "ytick.color": TICK,
    "grid.color": GRID,
    "legend.frameon": False,
    "text.color": INK,
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "axes.axisbelow": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "fusionnas",  # the same plot gives the same file
}


@contextmanager
def figure(width: float = 6.4, height: float = 4.2) -> Iterator[Figure]:
    """A figure in the common style, without a window; a `$` in its texts is a dollar."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from fusionnas.plots.plain_figure import PlainFigure

    with mpl.rc_context(_RC):
        fig = PlainFigure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(fig)
        yield fig


def error_map() -> Colormap:
    """The colour map of `ERROR_MAP`."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("error", ERROR_MAP)


def whole_numbers(axis: Axis) -> None:
    """Put the ticks of an axis at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", integer=True))
