"""What `fusionnas compare` prints."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionnas.insight.comparison import Comparison, SearchWorth


def print_comparison(found: Comparison, console: Console) -> None:
    """Errors with intervals, differences to the first, and what they took."""
    unit = f" ({found.unit})" if found.unit else ""
    console.print(
        Text.assemble(
            (found.target, "bold"),
            f"{unit}: {found.compositions:,} test compositions of {found.test_set} that no "
            "network has seen",
        ),
        soft_wrap=True,
    )
    errors = _table("", "test MAE", "95% interval", "difference", "95% interval", "p", "")
    costs = _table("", "RMSE", "nearer", "parameters", "trainings", "search")
    for row in found.table.to_dict("records"):
        style = "dim" if row["kind"] == "yardstick" else ""
        errors.add_row(
            row["name"],
            f"{row['mae']:.4g}",
            _range(row["mae_low"], row["mae_high"]),
            *_difference(row),
            style=style,
        )
        costs.add_row(
            row["name"],
            f"{row['rmse']:.4g}",
            _share(row["wins"]),
            _whole(row.get("parameters")),
            _trainings(row),
            _duration(row.get("search_seconds")),
            style=style,
        )
    console.print(errors)
    console.print(costs)
    first = found.table["name"].iloc[0]
    console.print(
        f"Differences are to {first}; nearer is the share of compositions where one is nearer than "
        f"{first}.",
        soft_wrap=True,
    )
    console.print(found.words, soft_wrap=True)
    for note in found.notes:
        console.print(note, style="dim", soft_wrap=True)


def print_worth(found: SearchWorth, console: Console) -> None:
    """The sides at equal budget, the networks that were tested, and the answers."""
    unit = f" ({found.unit})" if found.unit else ""
    question = f": was the search worth it? {found.target}{unit}"
    console.print(Text.assemble((found.study, "bold"), question), soft_wrap=True)
    tries = int(found.sides["tries"].iloc[0]) if len(found.sides) else 0
    table = _table(
        "proposed by", "trainings", "time", "best val. MAE", f"best of {tries}", "90% of draws"
    )
    for row in found.sides.to_dict("records"):
        table.add_row(
            row["side"],
            _trainings(row),
            _duration(row["seconds"]),
            f"{row['val_mae']:.4g}",
            f"{row['expected']:.4g}",
            _range(row["expected_low"], row["expected_high"]),
        )
    console.print(table)
    for row in found.sides.to_dict("records"):
        console.print(f"  best {row['side']}: trial {row['best']}, {row['line']}", soft_wrap=True)
    for frame in (found.tested, found.against):
        if len(frame):
            console.print(_tested(frame))
    for sentence in found.words:
        console.print(sentence, style="bold", soft_wrap=True)
    for note in found.notes:
        console.print(note, style="dim", soft_wrap=True)


def _tested(frame: Any) -> Table:
    table = _table(
        "tested", "trial", "test MAE", "95% interval", "difference", "95% interval", "p", ""
    )
    for row in frame.to_dict("records"):
        table.add_row(
            row["name"],
            str(row["trial"]),
            f"{row['mae']:.4g}",
            _range(row["mae_low"], row["mae_high"]),
            *_difference(row),
        )
    return table


def _table(first: str, *others: str) -> Table:
    """Names on the left, numbers on the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


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
