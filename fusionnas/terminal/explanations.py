"""What `fusionnas explain` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from fusionnas.insight.explanation import Explained
from fusionnas.insight.pictures.formula_contributions import CONDITIONS
from fusionnas.insight.reading.formula import Explanation
from fusionnas.models.predictor import INTERVAL
from fusionnas.plots.periodic_table import decimals_for
from fusionnas.terminal.console import plain_console, say

_UP, _DOWN = "red", "blue"
_LABELS = 24  # cells of the columns before the first network
_NUMBER = 9  # cells of a number and the space around it
_HALF = 8  # cells of a bar on one side
_BAR = 2 * _HALF + 1
_NOTES = (
    f"The mean of the training data, what each element adds to it, and the prediction with its "
    f"{INTERVAL:.0%} interval, or with the probability of a class. Element order: the median "
    "change of the prediction over other orders of the elements."
)


def print_explained(found: Explained) -> None:
    """A table a formula: from the training mean to the prediction, networks side by side."""
    console = plain_console()
    beside = max(1, (console.width - _LABELS) // (_NUMBER + _BAR + 2))
    names = list(found.networks)
    for place, formula in enumerate(found.formulas):
        ones = [explanations[place] for explanations in found.explanations.values()]
        unit = f" ({ones[0].unit})" if ones[0].unit else ""
        console.print(Text.assemble("\n", (formula, "bold"), unit))
        for start in range(0, len(names), beside):
            part = slice(start, start + beside)
            console.print(_table(names[part], ones[part], with_names=len(names) > 1))
        for name, one in zip(names, ones, strict=True):
            if one.unseen:
                console.print(
                    f"  {name} never saw {', '.join(one.unseen)} in training.", style="yellow"
                )
            if one.value > one.total and one.value == one.lower:
                say(
                    console,
                    f"  {name}: mean and elements add up to {one.total:.4g}, and the prediction is "
                    f"raised to {one.value:g}, since no training target is lower.",
                )
    conditions = any(one.conditions for ones in found.explanations.values() for one in ones)
    told = f"{_NOTES}{CONDITIONS if conditions else ''}"
    say(console, f"\n{' '.join([told, *found.notes])}", style="dim")


def _table(names: Sequence[str], ones: Sequence[Explanation], with_names: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True, style="dim")
    for name in names:
        table.add_column("", justify="right", no_wrap=True)
        table.add_column(name if with_names else "", no_wrap=True, max_width=_BAR)
    shifts = [shift for one in ones for _, shift in one.parts]
    decimals = decimals_for([*shifts, *(one.value for one in ones)])
    largest = max(map(abs, shifts)) or 1.0

    def add(
        label: str,
        share: str,
        numbers: Sequence[str],
        beside: Sequence[Text | str],
        style: str = "",
    ) -> None:
        pairs = zip(numbers, beside, strict=True)
        table.add_row(f"  {label}", share, *(cell for pair in pairs for cell in pair), style=style)

    nothing = [""] * len(ones)
    add("training mean", "", [f"{one.base:.{decimals}f}" for one in ones], nothing)
    for row, (element, fraction) in enumerate(
        zip(ones[0].elements, ones[0].fractions, strict=True)
    ):
        own = [one.shifts[row] for one in ones]
        bars = [_bar(shift / largest) for shift in own]
        add(element, f"{100 * fraction:.3g}%", [f"{shift:+.{decimals}f}" for shift in own], bars)
    for row, name in enumerate(ones[0].conditions):
        own = [one.condition_shifts[row] if one.conditions else 0.0 for one in ones]
        bars = [_bar(shift / largest) for shift in own]
        add(name, "", [f"{shift:+.{decimals}f}" for shift in own], bars)
    add(
        "prediction",
        "",
        [f"{one.value:.{decimals}f}" for one in ones],
        [_beside(one, decimals) for one in ones],
        "bold",
    )
    gaps = [f"{one.order_gap:.{decimals}f}" for one in ones]
    add("element order", "", gaps, nothing, "dim")
    return table


def _beside(one: Explanation, decimals: int) -> str:
    """The interval of a prediction, or the probability of a class."""
    if one.probability is not None:
        return f"{one.probability:.1%}"
    return f"{one.lower:.{decimals}f} to {one.upper:.{decimals}f}"


def _bar(share: float) -> Text:
    """A bar to the left or right of the middle; `share` from -1 to 1 of a side."""
    whole, rest = divmod(round(abs(share) * _HALF * 8), 8)
    if share >= 0:
        bar = "█" * whole + " ▏▎▍▌▋▊▉"[rest].strip()
        return Text.assemble(" " * _HALF + "│", (bar, _UP))
    bar = "▐" * (rest >= 4) + "█" * whole  # to the left there are no finer blocks than halves
    return Text.assemble((bar.rjust(_HALF), _DOWN), "│")
