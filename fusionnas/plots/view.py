"""A view: one picture, the numbers behind it, and an explanation.

A function makes a view from its data and returns a `View`. The report shows this object, files are
written from it, and Python can use it.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fusionnas.files.atomic import write_bytes, write_csv, write_text
from fusionnas.files.whole_folder import make_folder
from fusionnas.plots.style import figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_GROUP = re.compile(r'<g id="([^"]+)">')


@dataclass(frozen=True, slots=True)
class View:
    """A picture with its numbers."""

    name: str  # stem of its files: lower case, words joined by hyphens
    title: str
    caption: str  # what the picture shows, with units
    table: pd.DataFrame  # the numbers that are drawn
    draw: Callable[[Figure], None]
    size: tuple[float, float] = (6.4, 4.2)  # inches
    raster: bool = False  # a PNG rather than an SVG, for thousands of marks
    # the text of a mark under the pointer, by the gid of its artist; a gid that ends with `trial-7`
    # belongs to trial 7, and the page highlights all marks of a trial together
    hover: Mapping[str, str] = field(default_factory=dict)

    def svg(self) -> str:
        """The picture as an SVG element."""
        with figure(*self.size) as fig:
            self.draw(fig)
            buffer = io.StringIO()
            fig.savefig(buffer, format="svg", metadata={"Date": None}, dpi=160)
        text = buffer.getvalue()
        return _GROUP.sub(self._titled, text[text.index("<svg") :])

    def _titled(self, group: re.Match[str]) -> str:
        """The opening tag of a mark's group, with the text of the mark as its title."""
        words = self.hover.get(html.unescape(group[1]))
        return group[0] if words is None else f"{group[0]}<title>{html.escape(words)}</title>"

    def png(self, dpi: int = 160) -> bytes:
        """The picture as a PNG file."""
        with figure(*self.size) as fig:
            self.draw(fig)
            buffer = io.BytesIO()
            fig.savefig(buffer, format="png", dpi=dpi)
        return buffer.getvalue()

    def save(self, folder: str | Path) -> list[Path]:
        """Write NAME.svg (NAME.png for a raster) and NAME.csv; return their paths."""
        folder = Path(folder)
        make_folder(folder)
        table = folder / f"{self.name}.csv"
        write_csv(table, self.table)
        picture = folder / f"{self.name}.{'png' if self.raster else 'svg'}"
        if self.raster:
            write_bytes(picture, self.png())
        else:
            write_text(picture, self.svg())
        return [picture, table]

    def __repr__(self) -> str:
        return f"<View {self.name}: {self.title}; {len(self.table)} rows>"

    def _repr_png_(self) -> bytes:
        """The picture in a notebook."""
        return self.png(dpi=110)
