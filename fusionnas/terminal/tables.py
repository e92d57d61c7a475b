"""Tables that fit: in a narrow terminal the columns that matter least are left out, and named."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

GAP = 2  # cells between two columns
FOLDED = 20  # cells that a column of names needs, which may go on in the next line


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    right: bool
    keep: int
    folds: bool
    called: str


class FittingTable:
    """Names on the left and numbers beside them, as many as the terminal has room for.

    Args:
        title: above the table; none where it is empty.
    """

    def __init__(self, title: str = "") -> None:
        self.title = title
        self._columns: list[_Column] = []
        self._rows: list[tuple[tuple[str | Text, ...], str]] = []

    def add_column(
        self, name: str, right: bool = True, keep: int = 0, folds: bool = False, called: str = ""
    ) -> None:
        """Add a column.

        Args:
            name: its heading.
            right: whether its cells are aligned to the right.
            keep: 0 is always shown; of the others the highest is left out first.
            folds: a long cell goes on in the next line.
            called: its name in the line about what is not shown, where `name` does not do.
        """
        self._columns.append(_Column(name, right and not folds, keep, folds, called or name))

    def add_row(self, *cells: str | Text, style: str = "") -> None:
        """Add a row with a cell for each column."""
        assert len(cells) == len(self._columns)
        self._rows.append((cells, style))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = self._fitting(options.max_width)
        table = Table(
            title=self.title or None,
            title_justify="left",
            title_style="bold",
            box=None,
            pad_edge=False,
            header_style="bold",
        )
        for place in shown:
            column = self._columns[place]
            table.add_column(
                column.name,
                justify="right" if column.right else "left",
                no_wrap=not column.folds,
                overflow="fold",
            )
        for cells, style in self._rows:
            table.add_row(*(cells[place] for place in shown), style=style)
        yield table
        dropped = [c.called for place, c in enumerate(self._columns) if place not in shown]
        if dropped:
            words = f"Not shown at this width: {', '.join(dropped)}."
            yield Text(words, "dim", overflow="fold")

    def _fitting(self, room: int) -> list[int]:
        """The places of the columns that fit, the least important left out first."""
        widths = [self._width(place) for place in range(len(self._columns))]
        shown = list(range(len(self._columns)))

        def needed() -> int:
            return sum(widths[place] for place in shown) + GAP * (len(shown) - 1)

        while needed() > room and any(self._columns[place].keep for place in shown):
            shown.remove(max(reversed(shown), key=lambda place: self._columns[place].keep))
        return shown

    def _width(self, place: int) -> int:
        """Cells that a column needs: of one that folds only some."""
        column = self._columns[place]
        texts = [column.name, *(str(cells[place]) for cells, _ in self._rows)]
        widest = max(cell_len(line) for text in texts for line in text.split("\n"))
        return min(widest, FOLDED) if column.folds else widest
