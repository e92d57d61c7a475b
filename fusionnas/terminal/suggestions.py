"""What `suggest` prints and writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fusionnas.data.units import with_unit
from fusionnas.errors import OptionError
from fusionnas.files.atomic import write_csv
from fusionnas.files.causes import cause_of
from fusionnas.insight.suggestion.suggest import Suggestions, measured_column
from fusionnas.terminal.console import plain_console, say
from fusionnas.terminal.tables import FittingTable

# what a narrow terminal leaves out, the last of these first: a suggestion is incomplete without the
# conditions to measure at, and each one fulfils the constraints rather than not
CONDITIONS, PREDICTED, LIMITS = 1, 2, 3


def print_suggestions(found: Suggestions) -> None:
    """A line a suggestion, and what was left out."""
    limits = [c for c in found.table if str(c).startswith("chance of ")]
    table = FittingTable()
    table.add_column("formula", folds=True)
    for name in found.conditions:
        table.add_column(name, right=False, keep=CONDITIONS)
    if found.wanted:
        table.add_column(f"predicted {found.target}", keep=PREDICTED)
        table.add_column(f"chance of {found.wanted}")
    else:
        table.add_column(with_unit(found.target, found.unit))
        table.add_column("interval", keep=PREDICTED)
    for limit in limits:
        table.add_column(str(limit), keep=LIMITS)
    table.add_column("why", folds=True)
    for row in found.table.to_dict("records"):
        if found.wanted:
            own = [row["class"], f"{row['chance']:.0%}"]
        else:
            own = [f"{row['value']:.4g}", f"{row['lower']:.4g} to {row['upper']:.4g}"]
        table.add_row(
            row["formula"],
            *(str(row[name]) for name in found.conditions),
            *own,
            *(f"{row[name]:.0%}" for name in limits),
            row["why"],
        )
    console = plain_console()
    console.print(table)
    for note in found.notes:
        say(console, f"Candidates: {note}.")


def print_written(path: Path, found: Suggestions) -> None:
    """What to do with the CSV of the suggestions."""
    say(
        plain_console(),
        f"{path}: fill in the column '{filled_column(found)}', then give the file to fusionnas "
        "observe.",
    )


def filled_column(found: Suggestions) -> str:
    """The empty column for measured values: the target's name, where no other column has it."""
    return measured_column(found.target) if found.target in found.table else found.target


def write_table(path: Path, found: Suggestions) -> None:
    """Write the suggestions as a CSV with an empty column for what will be measured.

    Raises:
        OptionError: it cannot be written.
    """
    table = found.table.copy()
    table.insert(1, filled_column(found), "")
    try:
        write_csv(path, table)
    except OSError as e:
        raise OptionError(f"{path} cannot be written: {cause_of(e)}") from e


def plain_suggestions(found: Suggestions) -> dict[str, Any]:
    """As plain data, numbers to seven digits."""
    rows = [
        {str(k): float(f"{v:.7g}") if isinstance(v, float) else v for k, v in row.items()}
        for row in found.table.to_dict("records")
    ]
    return {
        "target": found.target,
        "unit": found.unit,
        "best_known": found.best,
        "suggestions": rows,
        "notes": list(found.notes),
    }
