"""Figures of a page: a view with its numbers and files, and how figures are placed in columns."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusionnas.plots.numbers import cell, fixed, heading, interval, short
from fusionnas.plots.view import View
from fusionnas.report.inline import inline

MOST_ROWS = 60  # of a table that the page shows below its picture
MOST_BYTES = 100_000  # of a table that can be saved from the page
_CAPTION = 0.3  # height of title and caption, in widths of a column
WIDE = 7.0  # inches; a picture wider than this takes the whole width of the page


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A view as a page's template sees it."""

    view: View
    picture: str  # an element of HTML
    wide: bool
    columns: list[str]  # headings of the numbers; empty where there are too many to show
    rows: list[list[str]]
    csv: str  # base64; empty where it is too large
    file: str  # where the numbers lie beside the page


def page_figure(view: View, folder: Path, unit: str) -> PageFigure:
    """The view for a page; its files are written into a folder beside the page."""
    picture, table = view.save(folder)
    few = len(view.table) <= MOST_ROWS
    data = table.read_bytes()
    return PageFigure(
        view,
        inline(view, picture),
        view.size[0] > WIDE,
        [heading(str(name), unit) for name in view.table.columns] if few else [],
        [[cell(value) for value in row] for row in view.table.itertuples(index=False)]
        if few
        else [],
        base64.b64encode(data).decode() if len(data) <= MOST_BYTES else "",
        f"{folder.name}/{table.name}",
    )


def blocks(figures: Sequence[PageFigure]) -> list[list[list[PageFigure]]]:
    """Blocks of one column (a wide picture) or of two, in the order of the figures.

    Each narrow picture goes to the column that is shorter by then, so that columns end level.
    """
    found: list[list[list[PageFigure]]] = []
    heights = [0.0, 0.0]
    for item in figures:
        if item.wide:
            found.append([[item]])
            continue
        if not found or len(found[-1]) == 1:
            found.append([[], []])
            heights = [0.0, 0.0]
        column = int(heights[1] < heights[0])
        found[-1][column].append(item)
        width, height = item.view.size
        heights[column] += height / width + _CAPTION
    return found


def page_environment(*packages: str) -> Any:
    """Templates of the given packages and of this one, with the filters that pages use."""
    import jinja2

    loaders = [jinja2.PackageLoader(name, ".") for name in (*packages, "fusionnas.report")]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {"shell": shlex.quote, "python": repr}
    environment.filters |= filters | {"short": short, "fixed": fixed}
    environment.globals["interval"] = interval
    return environment
