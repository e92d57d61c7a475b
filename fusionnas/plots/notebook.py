"""The display of an object in a notebook: a sentence, a table and one picture."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

from fusionnas.plots.numbers import cell

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.plots.view import View

ROWS = 12  # largest number of rows of a table
COLUMNS = 7  # a wider table of a few rows is turned, so that it fits into a notebook


def notebook_html(words: str, table: pd.DataFrame, view: View | None = None) -> str:
    """HTML that a notebook shows.

    Args:
        words: the sentence above.
        table: its first rows are shown; a wide one with a row for each of its columns.
        view: drawn below; None leaves the picture out.
    """
    grid = [list(map(str, table.columns))]
    grid += [[cell(v) for v in row] for row in table.head(ROWS).itertuples(index=False)]
    if len(grid[0]) > COLUMNS >= len(grid):
        grid = list(map(list, zip(*grid, strict=True)))
    names, *rows = (
        "".join(f"<{kind}>{html.escape(text)}</{kind}>" for text in line)
        for line, kind in zip(grid, ["th", *["td"] * (len(grid) - 1)], strict=True)
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    more = len(table) - ROWS
    parts = [
        f"<p>{html.escape(words)}</p>",
        f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>",
        f"<p>and {more:,} more rows</p>" if more > 0 else "",
    ]
    if view is not None:
        data = base64.b64encode(view.png(dpi=100)).decode()
        parts.append(
            f'<img style="max-width: 100%" alt="{html.escape(view.title)}" '
            f'src="data:image/png;base64,{data}">'
        )
    return "".join(parts)
