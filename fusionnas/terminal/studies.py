"""How a study stands, and the studies of a folder, as tables in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionnas.studies.status import RUNNING, StudyStatus, about, duration
from fusionnas.terminal.console import say
from fusionnas.terminal.tables import FittingTable


def print_status(console: Console, found: StudyStatus) -> None:
    """How a study stands: trials by state, the best so far, what is in training."""
    unit = f" {found.unit}" if found.unit else ""
    val, test = found.error.key("val"), found.error.key("test")
    rate = found.trials_per_hour
    pace = f", {rate:.0f} done an hour" if rate else ""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row("study", Text.assemble((found.name, "bold"), f", {found.state}"))
    rows.add_row("space, data", f"{found.space}, {found.data}")
    rows.add_row("trials", found.trials.words if found.trials.by_state else "none yet")
    rows.add_row("references", f"{found.references} trained")
    if found.final_trainings:
        rows.add_row("final trainings", f"{found.final_trainings} done")
    rows.add_row("searched for", f"{duration(found.active_seconds)}{pace}")
    if found.seconds_left is not None:
        rows.add_row("time left", about(found.seconds_left))
    if found.best is not None:
        best = found.best
        words = f"trial {best['number']}, validation {found.error.label} {best[val]:.4g}{unit}"
        rows.add_row("lowest error" if found.recommended else "best so far", words)
        rows.add_row("", str(best["line"]))
        rows.add_row("front", f"{found.front} network{'' if found.front == 1 else 's'}")
    if found.recommended is not None:
        mine = found.recommended
        words = f"trial {mine['number']}, test {found.error.label} {mine[test]:.4g}{unit}"
        rows.add_row("recommended", words)
        if found.best is None or mine["number"] != found.best["number"]:
            rows.add_row("", str(mine["line"]))
    if found.predictor_test_error is not None:
        rows.add_row(
            "predictor", f"test {found.error.label} {found.predictor_test_error:.4g}{unit}"
        )
    label = "in training" if found.state == RUNNING else "cut off"
    for trial in found.running:
        rows.add_row(label, f"trial {trial['number']}, {trial['line']}")
    console.print(rows)


def print_studies(console: Console, studies: Sequence[StudyStatus], runs: Path) -> None:
    """A line a study: its state and its errors."""
    if not studies:
        say(console, f"There are no studies in {runs}.")
        return
    table = FittingTable()
    table.add_column("study", folds=True)
    table.add_column("state", right=False)
    table.add_column("best val. error", keep=1)
    table.add_column("test error")
    table.add_column("unit", right=False, keep=2)
    table.add_column("trials", keep=3)
    table.add_column("data", right=False, keep=4)
    table.add_column("space", right=False, keep=5)
    for one in studies:
        best = None if one.best is None else one.best[one.error.key("val")]
        counted = str(one.trials.counted) if not one.problem else "–"
        errors = (_number(best), _number(one.test_error))
        table.add_row(one.name, one.state, *errors, one.unit, counted, one.data, one.space)
    console.print(table)
    say(
        console,
        "Errors: the MAE, for classes the log loss, for several targets the relative MAE. Best "
        "val. error: the lowest of all trials. Test error: of what a finished study predicts with.",
        style="dim",
    )
    for one in studies:
        if one.problem:
            say(console, f"{one.name}: {one.problem}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
