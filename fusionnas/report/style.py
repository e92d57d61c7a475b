"""One look for every plot: colours that survive grey and colour blindness, quiet axes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1b1f24"
BEST = "#d1495b"  # the recommended network
GLOBAL = "#00798c"  # the global reference
LOCAL = "#b8741a"  # the local reference
BAND = "#8d96a3"
FAINT = "#c3cad4"
# several networks in one plot: dark to light, so that they differ in grey too
SERIES = ("#3b1c5a", "#d1495b", "#2a7fb8", "#7a9a01", "#e39a2d", "#8a5a83")

_RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": "#6b7480",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": "#49515c",
    "ytick.color": "#49515c",
    "grid.color": "#e4e8ed",
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "fusionnas",  # the same plot is the same file
}


@contextmanager
def figure(width: float = 6.4, height: float = 4.2) -> Iterator[Figure]:
    """A figure in the common style, without a window; closed afterwards."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_RC):
        fig = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(fig)
        yield fig
