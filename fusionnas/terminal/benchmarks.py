"""What `fusionnas benchmark` shows while it runs, and the table that it prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.table import Table

from fusionnas.plots.numbers import interval, short
from fusionnas.studies.status import duration
from fusionnas.tasks.kinds import TASKS
from fusionnas.terminal.console import plain_console, say
from fusionnas.terminal.steps import StepProgress

# table, system, and scores by their labels
ClassScores = Sequence[tuple[str, str, Mapping[str, float | None]]]
NAMED = 2  # running jobs that the bar names


class BenchmarkDisplay:
    """A bar with what runs, and a line for each result, on standard error."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = plain_console(stderr=True, quiet=quiet)
        self.progress = None if quiet else StepProgress()
        self.running: dict[str, str] = {}
        self.done = self.total = 0

    def __enter__(self) -> BenchmarkDisplay:
        if self.progress is not None:
            self.progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.progress is not None:
            self.progress.__exit__(kind, error, trace)

    def say(self, text: str) -> None:
        console = self.console if self.progress is None else self.progress.console
        say(console, text)

    def begin(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        known = f", {done} of them have one already" if done else ""
        self.say(f"{total} results{known}")
        self._show()

    def started(self, key: str, words: str) -> None:
        self.running[key] = words
        self._show()

    def ended(self, key: str, row: Mapping[str, Any]) -> None:
        self.running.pop(key, None)
        self.done += 1
        place = f"{self.done}/{self.total} {row['system']} on {row['table']}, {row['fold']}"
        if row["state"] == "done":
            unit = f" {row['unit']}" if row["unit"] else ""
            took = duration(row["wall_seconds"])
            error = next(t.error for t in TASKS.values() if row.get(t.error.name) is not None)
            self.say(f"{place}: {error.label} {short(row[error.name])}{unit} ({took})")
        else:
            self.say(f"{place}: {row['state']}, {row['reason']}")
        self._show()

    def _show(self) -> None:
        if self.progress is not None and self.running:
            names = list(self.running.values())
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            self.progress.step("; ".join(names[:NAMED]) + more, self.done, self.total)


def print_benchmark(
    console: Console, rows: list[dict[str, Any]], words: str, scores: ClassScores
) -> None:
    """A line for each table and system, and what it comes to.

    Args:
        console: to print on.
        rows: of `fusionnas.benchmarking.summary.summarise`.
        words: what the benchmark comes to.
        scores: of tables of classes, as `fusionnas.benchmarking.show.page.BenchmarkPage` has them.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("table", "system"):
        table.add_column(name, overflow="fold")
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    columns = ("95% interval", "sd", "published", "folds", "processor", "parameters")
    for name in (" or ".join(metrics), *columns):
        table.add_column(name, justify="right", no_wrap=True)
    before = None
    for row in rows:
        unit = f" ({row['unit']})" if row["unit"] else ""
        label = "" if row["label"] == before else f"{row['label']}{unit}"
        before = row["label"]
        table.add_row(
            label,
            row["system"] + ("" if row["complete"] else " (incomplete)"),
            f"{row['error']:.4g}",
            interval(row["low"], row["high"]),
            "" if row["sd"] is None else f"{row['sd']:.2g}",
            "" if row["published"] is None else f"{row['published']:.4g}",
            str(row["folds"]) if row["seeds"] == 1 else f"{row['folds']} × {row['seeds']} seeds",
            duration(row["cpu_seconds"]),
            "" if row["parameters"] is None else short(int(row["parameters"])),
        )
    console.print(table)
    if scores:
        console.print(_class_scores(scores))
    say(console, words)


def _class_scores(rows: ClassScores) -> Table:
    """Scores of tables of classes, by their labels."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("classes", "system"):
        table.add_column(name, overflow="fold")
    for label in rows[0][2]:
        table.add_column(label, justify="right", no_wrap=True)
    before = None
    for name, system, found in rows:
        told = "" if name == before else name
        before = name
        table.add_row(told, system, *("" if v is None else f"{v:.4f}" for v in found.values()))
    return table
