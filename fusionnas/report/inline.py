"""A view inside a page: an SVG that follows the page's colours, or a PNG on a light card."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

from fusionnas.plots.style import VARIABLES
from fusionnas.plots.view import View

_COLOR = re.compile("|".join(VARIABLES), re.IGNORECASE)
_REFERENCE = re.compile(r'(href="#|url\(#)([^")]+)')
_ID = re.compile(r' id="([^"]+)"')
_TRIAL = re.compile(r"trial-(\d+)$")
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_SIZE = re.compile(r'(<svg[^>]*?) (?:width|height)="[^"]*"')


def inline(view: View, picture: Path) -> str:
    """The picture of a view, read from its file, as an element of an HTML page."""
    name = html.escape(view.title)
    if picture.suffix == ".png":
        data = base64.b64encode(picture.read_bytes()).decode()
        return f'<img class="raster" alt="{name}" src="data:image/png;base64,{data}">'
    svg = _METADATA.sub("", picture.read_text(encoding="utf-8"))
    for _ in ("width", "height"):  # the page gives the size
        svg = _SIZE.sub(r"\1", svg, count=1)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{name}"', 1)
    svg = _COLOR.sub(lambda m: f"var(--{VARIABLES[m[0].lower()]}, {m[0].lower()})", svg)
    # several pictures share a page, and ids must not be shared
    svg = _REFERENCE.sub(rf"\g<1>{view.name}-\g<2>", svg)
    used = {reference[1] for reference in _REFERENCE.findall(svg)}
    return _ID.sub(lambda m: _marked(m, view, used), svg)


def _marked(name: re.Match[str], view: View, used: set[str]) -> str:
    """The id of an element, where something refers to it.

    A mark that says something can be pointed at, and belongs to its trial.
    """
    own = f"{view.name}-{name[1]}"
    text = f' id="{own}"' if own in used else ""
    if html.unescape(name[1]) in view.hover:
        text += ' class="mark"'
        trial = _TRIAL.search(name[1])
        text += f' data-trial="{trial[1]}"' if trial else ""
    return text
