"""A figure in which a `$` is a dollar; Matplotlib would read `my$_a_$` as mathematics.

Names of networks, studies, columns, classes and units are the user's and may contain it, so that a
picture would show another name or could not be drawn.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

_POWER = r"$\mathdefault{"  # what Matplotlib writes at logarithmic axes


class PlainFigure(Figure):
    """A figure whose texts are shown as they are."""

    def draw(self, renderer: Any) -> None:
        for ax in self.axes:
            for axis in (ax.xaxis, ax.yaxis):
                axis.get_ticklabels(which="both")  # which writes names of categories
        for text in self.findobj(Text):
            if isinstance(text, Text) and "$" in (words := text.get_text()):
                text.set_parse_math(words.startswith(_POWER))
        super().draw(renderer)
