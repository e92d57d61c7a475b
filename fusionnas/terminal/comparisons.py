"""What `fusionnas compare` prints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.text import Text

from fusionnas.data.units import with_unit
from fusionnas.insight.comparison import Comparison, SearchWorth, TargetComparisons
from fusionnas.tasks.task import Metric
from fusionnas.terminal.console import say
from fusionnas.terminal.tables import FittingTable


def print_comparison(found: Comparison, console: Console) -> None:
    """Errors with intervals, differences to the first, and what they took."""
    say(
        console,
        Text.assemble(
            (with_unit(found.target, found.unit), "bold"),
            f": {found.size} of {found.test_set} that no network has seen",
        ),
    )
    errors = FittingTable()
    errors.add_column("", folds=True)
    task = found.task
    name = task.error.name
    _add_errors(errors, task.error.label)
    costs = FittingTable()
    costs.add_column("", folds=True)
    for metric in task.beside:
        costs.add_column(metric.label)
    costs.add_column("nearer", keep=1)
    costs.add_column("parameters", keep=4)
    costs.add_column("trainings", keep=3)
    costs.add_column("search", keep=2)
    for row in found.table.to_dict("records"):
        style = "dim" if row["kind"] == "yardstick" else ""
        errors.add_row(
            row["name"],
            f"{row[name]:.4g}",
            _range(row[f"{name}_low"], row[f"{name}_high"]),
            *_difference(row),
            style=style,
        )
        costs.add_row(
            row["name"],
            *(f"{row[metric.name]:.4g}" for metric in task.beside),
            _share(row["wins"]),
            _whole(row.get("parameters")),
            _trainings(row),
            _duration(row.get("search_seconds")),
            style=style,
        )
    console.print(errors)
    console.print(costs)
    first = found.table["name"].iloc[0]
    say(
        console,
        f"Differences are to {first}; nearer is the share of compositions where one is nearer than "
        f"{first}.",
    )
    say(console, found.words)
    for note in found.notes:
        say(console, note, style="dim")


def print_comparisons(found: TargetComparisons, console: Console) -> None:
    """Each target in turn; notes that all share come once, at the end."""
    all_notes = [one.notes for one in found.by_target.values()]
    shared = [note for note in all_notes[0] if all(note in notes for notes in all_notes)]
    for one in found.by_target.values():
        own = tuple(note for note in one.notes if note not in shared)
        print_comparison(replace(one, notes=own), console)
        console.print()
    for note in shared:
        say(console, note, style="dim")


def print_worth(found: SearchWorth, console: Console) -> None:
    """The sides at equal budget, the networks that were tested, and the answers."""
    unit = f" ({found.unit})" if found.unit else ""
    question = f": was the search worth it? {found.target}{unit}"
    say(console, Text.assemble((found.study, "bold"), question))
    tries = int(found.sides["tries"].iloc[0]) if len(found.sides) else 0
    table = FittingTable()
    table.add_column("proposed by", folds=True)
    table.add_column("trainings", keep=2)
    table.add_column("time", keep=3)
    table.add_column(f"best val. {found.error.label}")
    table.add_column(f"best of {tries}")
    table.add_column("90% of draws", keep=1)
    for row in found.sides.to_dict("records"):
        table.add_row(
            row["side"],
            _trainings(row),
            _duration(row["seconds"]),
            f"{row[found.error.key('val')]:.4g}",
            f"{row['expected']:.4g}",
            _range(row["expected_low"], row["expected_high"]),
        )
    console.print(table)
    for row in found.sides.to_dict("records"):
        say(console, f"  best {row['side']}: trial {row['best']}, {row['line']}")
    for frame in (found.tested, found.against):
        if len(frame):
            console.print(_tested(frame, found.error))
    for sentence in found.words:
        say(console, sentence, style="bold")
    for note in found.notes:
        say(console, note, style="dim")


def _tested(frame: Any, error: Metric) -> FittingTable:
    table = FittingTable()
    table.add_column("tested", folds=True)
    table.add_column("trial", keep=3)
    _add_errors(table, error.label)
    for row in frame.to_dict("records"):
        table.add_row(
            row["name"],
            str(row["trial"]),
            f"{row[error.name]:.4g}",
            _range(row[f"{error.name}_low"], row[f"{error.name}_high"]),
            *_difference(row),
        )
    return table


def _add_errors(table: FittingTable, error: str) -> None:
    """The columns of an error and its difference to the first."""
    table.add_column(f"test {error}")
    table.add_column("95% interval", keep=4, called=f"the 95% interval of the {error}")
    table.add_column("difference", keep=1)
    table.add_column("95% interval", keep=2, called="the 95% interval of the difference")
    table.add_column("p", keep=5)
    table.add_column("")


def _difference(row: dict[Any, Any]) -> tuple[str, str, str, str]:
    """Difference, interval, p and verdict; empty for the first."""
    if row["p"] != row["p"]:
        return "", "", "", ""
    p = "<0.001" if row["p"] < 0.001 else f"{row['p']:.3f}"
    interval = _range(row["difference_low"], row["difference_high"])
    return f"{row['difference']:+.3g}", interval, p, row["verdict"]


def _trainings(row: dict[Any, Any]) -> str:
    """Trials, and what the final training comes to where there was one: 24 + 12."""
    more = row.get("final") or 0
    return _whole(row.get("trials")) + (f" + {more:.0f}" if more > 0 else "")


def _share(value: float) -> str:
    return "" if value != value else f"{value:.0%}"


def _range(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}".replace("inf", "none")


def _whole(value: float | None) -> str:
    return "" if value is None or value != value else f"{int(value):,}"


def _duration(seconds: float | None) -> str:
    if seconds is None or seconds != seconds:
        return ""
    minutes = seconds / 60
    return (
        f"{seconds:.0f} s"
        if minutes < 1
        else f"{minutes:.0f} min"
        if minutes < 90
        else (f"{minutes / 60:.1f} h")
    )
