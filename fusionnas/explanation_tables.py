"""What `fusionnas explain` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionnas.analysis.formula import Explanation
from fusionnas.explanation import Explained
from fusionnas.report.periodic_table import decimals_for

_UP, _DOWN = "red", "blue"
_WIDEST, _NARROWEST = 14, 4  # cells of a bar on one side
_NOTES = (
    "A prediction is the mean of the training data plus what each element adds. Element order: by "
    "how much the prediction changes in the middle when the elements are put in another order."
)


def print_explained(found: Explained) -> None:
    """A table a formula: from the training mean to the prediction, networks side by side."""
    console = Console(highlight=False)
    half = (console.width - 24) // len(found.networks) // 2 - 8
    half = min(max(half, _NARROWEST), _WIDEST)
    for place, formula in enumerate(found.formulas):
        ones = [explanations[place] for explanations in found.explanations.values()]
        console.print(f"\n[bold]{formula}[/bold]")
        console.print(_table(list(found.networks), ones, half))
        for name, one in zip(found.networks, ones, strict=True):
            if one.unseen:
                elements = ", ".join(one.unseen)
                console.print(f"  {name} never saw {elements} in training.", style="yellow")
    console.print(f"\n{_NOTES}", style="dim", soft_wrap=True)


def _table(names: Sequence[str], ones: Sequence[Explanation], half: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True, style="dim")
    for name in names:
        table.add_column("", justify="right", no_wrap=True)
        table.add_column(name if len(names) > 1 else "", no_wrap=True)
    shifts = [shift for one in ones for shift in one.shifts]
    decimals, largest = (
        decimals_for([*shifts, *(one.value for one in ones)], 4),
        max(map(abs, shifts)),
    )
    table.add_row("  training mean", "", *_cells([f"{one.base:.{decimals}f}" for one in ones]))
    some = ones[0]
    for row, (element, fraction) in enumerate(zip(some.elements, some.fractions, strict=True)):
        cells: list[str | Text] = []
        for one in ones:
            shift = one.shifts[row]
            cells += [f"{shift:+.{decimals}f}", _bar(shift / largest if largest else 0, half)]
        table.add_row(f"  {element}", _percent(fraction), *cells)
    values = [f"{one.value:.{decimals}f}" for one in ones]
    spans = [f"{one.unit}, {one.lower:.{decimals}f} to {one.upper:.{decimals}f}".lstrip(", ")
             for one in ones]  # fmt: skip
    table.add_row("  prediction", "", *_cells(values, spans), style="bold")
    gaps = [f"±{one.order_gap:.{decimals}f}" for one in ones]
    table.add_row("  element order", "", *_cells(gaps), style="dim")
    return table


def _cells(numbers: Sequence[str], words: Sequence[str] | None = None) -> list[str]:
    """A number and what stands beside it, for each network."""
    words = words or [""] * len(numbers)
    return [cell for pair in zip(numbers, words, strict=True) for cell in pair]


def _bar(share: float, half: int) -> Text:
    """A bar left or right of the middle; `share` from -1 to 1 of its half."""
    eighths = round(abs(share) * half * 8)
    whole, rest = divmod(eighths, 8)
    if share >= 0:
        end = " ▏▎▍▌▋▊▉"[rest].strip()
        return Text(" " * half + "│").append("█" * whole + end, style=_UP)
    # to the left only halves of a cell can be drawn
    end = "▐" if rest >= 4 else ""
    return (
        Text(" " * (half - whole - len(end)))
        .append(end + "█" * whole, style=_DOWN)
        .append("│", style="default")
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.3g}%"
