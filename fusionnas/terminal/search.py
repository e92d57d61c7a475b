"""The end of a search, and how a study stands, as tables in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionnas.models.baselines.yardsticks import FITTED_TO
from fusionnas.models.usefulness import of_answer
from fusionnas.searching.objectives import OBJECTIVES
from fusionnas.studies.predictor_words import predictor_words
from fusionnas.studies.status import StudyStatus
from fusionnas.studies.yardsticks import beside_of
from fusionnas.terminal.console import print_usefulness

_COLUMNS = ("val_mae", "cecv_deviation", "cecv_excess", "parameters")  # of the front, always


def print_summary(console: Console, summary: Mapping[str, Any], folder: str) -> None:
    """The end of a search: what it is good for, front, network, yardsticks, verdict, files."""
    console.print()
    print_usefulness(console, of_answer(summary.get("usefulness", {})))
    unit = f" {summary['unit']}" if summary["unit"] else ""
    table = Table(title="Pareto front", title_justify="left", title_style="bold", box=None)
    others = [
        row
        for name, row in OBJECTIVES.items()
        if name not in _COLUMNS and any(name in trial for trial in summary["front"])
    ]
    for name in (
        "trial",
        f"val. MAE{unit}",
        "deviation",
        "excess",
        "parameters",
        *(row.label for row in others),
    ):
        table.add_column(name, justify="right")
    table.add_column("architecture", overflow="fold")
    for row in summary["front"]:
        table.add_row(
            str(row["number"]),
            f"{row['val_mae']:.4g}",
            _number(row["cecv_deviation"]),
            _number(row["cecv_excess"]),
            f"{row['parameters']:,}",
            *(f"{row[o.name]:.3g}" if o.name in row else "–" for o in others),
            row["line"],
            style="bold" if row["number"] == summary["chosen"]["number"] else "",
        )
    console.print()
    console.print(table)
    chosen = summary["chosen"]
    named = f": trial {chosen['number']}, {chosen['line']}"
    console.print(Text.assemble("\n", ("Recommended", "bold"), named))
    _print_yardsticks(console, summary, unit)
    if "interval_words" in summary:
        console.print(f"\n{summary['interval_words']}", soft_wrap=True)
    if summary["finalists"]:
        _print_finalists(console, summary, unit)
    mine = summary.get("predictor")
    if mine is not None:
        _print_predictor(console, summary, unit)
    console.print(f"\n{summary['verdict_words']}", soft_wrap=True)
    for words in ("exhausted_words", "proposer_words"):
        if summary.get(words):
            console.print(summary[words], soft_wrap=True)
    if summary.get("move_words"):
        console.print(summary["move_words"], soft_wrap=True)
    console.print(f"{summary['band_words']} {summary['guidance_words']}".strip(), soft_wrap=True)
    console.print(
        f"\nReport   {folder}/report.html\nPlot     {folder}/cecv.png\nBundle   {folder}/best\n"
        + (f"Ensemble {folder}/predictor\n" if mine is not None else "")
        + f"Predict  {shlex.join(['fusionnas', 'predict', folder, 'SrTiO3'])}",
        soft_wrap=True,
    )


def _print_yardsticks(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """The network and the yardsticks on the test part, the best of them first, and in words."""
    beside = beside_of(summary)
    table = Table(title="On the test part", title_justify="left", title_style="bold", box=None)
    table.add_column("")
    for name in ("", f"MAE{unit}", "network minus this", "s"):
        table.add_column(name, justify="right" if name else "left")
    if mine := summary.get("predictor"):
        models = counted(mine["models"], "model")
        table.add_row("", f"predictor ({models})", f"{mine['test_mae']:.4g}", style="bold")
    chosen = f"{summary['chosen']['test_mae']:.4g}"
    table.add_row("", "recommended network", chosen, style="bold")
    for row in beside["rows"]:
        low, high = row["difference_interval"] or (None, None)
        ends = "" if low is None else f" ({_signed(low)} to {_signed(high)})"
        table.add_row(
            "best" if row["name"] == beside["best"] else "",
            row["label"],
            f"{row['test_mae']:.4g}",
            f"{_signed(row['difference'])}{ends}",
            "–" if row["seconds"] is None else f"{row['seconds']:.0f}",
        )
    console.print()
    console.print(table)
    if beside["words"]:
        console.print(f"{beside['words']} {FITTED_TO}", soft_wrap=True)


def counted(count: int, what: str) -> str:
    """Such as `1 model` or `3 models`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _print_predictor(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """Each architecture's and yardstick's part of the ensemble."""
    predictor = summary["predictor"]
    table = Table(title="Predictor", title_justify="left", title_style="bold", box=None)
    for name in ("part", f"held-out MAE{unit}", "models"):
        table.add_column(name, justify="right")
    table.add_column("")
    table.add_column("architecture", overflow="fold")
    for part in predictor["parts"]:
        line = "" if part["line"] == part["name"] else part["line"]
        table.add_row(
            f"{part['weight']:.0%}",
            f"{part['val_mae']:.4g}",
            str(part["models"]),
            part["name"],
            line,
        )
    console.print()
    console.print(table)
    console.print(
        f"{predictor_words(summary)} Its members were chosen by rows that were held out: "
        f"{predictor['rule']}, {predictor['val_mae']:.4g}{unit} there.",
        soft_wrap=True,
    )
    if predictor["interval_words"]:
        console.print(predictor["interval_words"], soft_wrap=True)
    for one in predictor["left_out"]:
        console.print(f"Left out: {one['name']} ({one['reason']}).", soft_wrap=True, markup=False)


def _print_finalists(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """Mean errors of the finalists with their intervals, and who is tied."""
    table = Table(title="Finalists", title_justify="left", title_style="bold", box=None)
    for name in ("trial", f"mean val. MAE{unit}", "95% interval", "parameters"):
        table.add_column(name, justify="right")
    table.add_column("")
    for row in summary["finalists"]:
        mark = "preferred" if row["preferred"] else "tied" if row["tied"] else ""
        table.add_row(
            str(row["number"]),
            f"{row['mean']:.4g}",
            f"{row['low']:.4g} to {row['high']:.4g}",
            f"{row['parameters']:,}",
            mark,
            style="bold" if row["preferred"] else "",
        )
    console.print()
    console.print(table)
    console.print(summary["finalist_words"], soft_wrap=True)


def print_status(console: Console, found: StudyStatus) -> None:
    """How a study stands: trials by state, the best so far, what is in training."""
    unit = f" {found.unit}" if found.unit else ""
    listed = ", ".join(f"{count} {state}" for state, count in sorted(found.trials.items()))
    rate = found.trials_per_hour
    pace = f", {rate:.0f} finished trials an hour" if rate else ""
    rows = Table.grid(padding=(0, 2))
    rows.add_row("study", Text.assemble((found.name, "bold"), f", {found.state}"))
    rows.add_row("space, data", f"{found.space}, {found.data}")
    rows.add_row("trials", listed or "none yet")
    rows.add_row("references", f"{found.references} trained")
    rows.add_row("searched for", f"{duration(found.active_seconds)}{pace}")
    if found.best is not None:
        best = found.best
        rows.add_row("best", f"trial {best['number']}, validation MAE {best['val_mae']:.4g}{unit}")
        rows.add_row("", str(best["line"]))
        rows.add_row("front", f"{found.front} networks")
    label = "in training" if found.state == "running" else "cut off"
    for trial in found.running:
        rows.add_row(label, f"trial {trial['number']}, {trial['line']}")
    console.print(rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3g}"


def duration(seconds: float) -> str:
    """Minutes and seconds, as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
