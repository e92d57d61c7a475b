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


def notebook_html(words: str, table: pd.DataFrame, view: View | None = None) -> str:
    """HTML that a notebook shows.

    Args:
        words: the sentence above.
        table: its first rows are shown.
        view: drawn below; None leaves the picture out.
    """
    names = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell(v))}</td>" for v in row) + "</tr>"
        for row in table.head(ROWS).itertuples(index=False)
    )
    more = len(table) - ROWS
    parts = [
        f"<p>{html.escape(words)}</p>",
        f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>",
        f"<p>and {more:,} more rows</p>" if more > 0 else "",
    ]
    if view is not None:
        data = base64.b64encode(view.png(dpi=100)).decode()
        parts.append(f'<img alt="{html.escape(view.title)}" src="data:image/png;base64,{data}">')
    return "".join(parts)
