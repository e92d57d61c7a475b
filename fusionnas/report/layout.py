"""How a page is put together: figures in a grid, and the template that draws it."""

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
WIDE = 7.0  # inches; a picture wider than this takes the whole width of the page
_CAPTION = 0.3  # height of title and caption, in widths of a column


@dataclass(frozen=True, slots=True)
class Panel:
    """A view as the page's template sees it."""

    view: View
    picture: str  # an element of HTML
    columns: list[str]  # headings of the numbers; empty where there are too many to show
    rows: list[list[str]]
    csv: str  # base64; empty where it is too large

    @property
    def wide(self) -> bool:
        return self.view.size[0] > WIDE


def panel(view: View, folder: Path, unit: str) -> Panel:
    """A view for a page, whose files are written on the way.

    Args:
        view: to be shown.
        folder: where its picture and its table are written.
        unit: of the target, for the headings of its numbers.
    """
    picture, table = view.save(folder)
    few = len(view.table) <= MOST_ROWS
    data = table.read_bytes()
    rows = view.table.itertuples(index=False) if few else ()
    return Panel(
        view,
        inline(view, picture),
        [heading(str(name), unit) for name in view.table.columns] if few else [],
        [[cell(value) for value in row] for row in rows],
        base64.b64encode(data).decode() if len(data) <= MOST_BYTES else "",
    )


def blocks(panels: Sequence[Panel]) -> list[list[list[Panel]]]:
    """Blocks of one column or of two: first the narrow pictures, then the wide ones.

    Each narrow picture goes to the column that is shorter by then, so that columns end level. One
    that is alone takes the whole width, with its caption beside it.
    """
    narrow = [item for item in panels if not item.wide]
    wide = [[[item]] for item in panels if item.wide]
    if len(narrow) < 2:
        return [*([[narrow]] if narrow else []), *wide]
    columns: list[list[Panel]] = [[], []]
    heights = [0.0, 0.0]
    for item in narrow:
        column = int(heights[1] < heights[0])
        columns[column].append(item)
        width, height = item.view.size
        heights[column] += height / width + _CAPTION
    return [columns, *wide]


def render(template: str, *, package: str | None = None, **content: Any) -> str:
    """A page from its template.

    Args:
        template: file name of the template.
        package: package with the folder `templates` that holds it, if that is not this one.
        content: values that the template reads.
    """
    import jinja2

    packages = [name for name in (package, "fusionnas.report") if name is not None]
    loaders = [jinja2.PackageLoader(name, "templates") for name in packages]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {"shell": shlex.quote, "python": repr}
    environment.filters |= filters | {"short": short, "fixed": fixed}
    environment.globals["interval"] = interval
    return environment.get_template(template).render(content)
