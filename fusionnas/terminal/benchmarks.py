"""What `fusionnas benchmark` shows while it runs, and the table that it prints."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.table import Table

from fusionnas.benchmarking.summary import (
    JUDGED,
    OF_LABELS_WORDS,
    SCORE_LABELS,
    published_scores,
)
from fusionnas.plots.numbers import interval, short
from fusionnas.studies.status import duration
from fusionnas.terminal.console import plain_console, say
from fusionnas.terminal.steps import StepProgress

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
            name = next(name for name in JUDGED if row.get(name) is not None)
            self.say(f"{place}: {JUDGED[name]} {short(row[name])}{unit} ({took})")
        else:
            self.say(f"{place}: {row['state']}, {row['reason']}")
        self._show()

    def _show(self) -> None:
        if self.progress is not None and self.running:
            names = list(self.running.values())
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            self.progress.step("; ".join(names[:NAMED]) + more, self.done, self.total)


def print_benchmark(console: Console, rows: list[dict[str, Any]], words: str) -> None:
    """A line for each table and system, and what it comes to.

    Args:
        console: to print on.
        rows: of `fusionnas.benchmarking.summary.summarise`.
        words: what the benchmark comes to.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("table", "system"):
        table.add_column(name, overflow="fold")
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    columns = ("95% interval", "published", "folds", "processor", "parameters")
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
            "" if row["published"] is None else f"{row['published']:.4g}",
            str(row["folds"]),
            duration(row["cpu_seconds"]),
            "" if row["parameters"] is None else short(int(row["parameters"])),
        )
    console.print(table)
    if of_classes := [row for row in rows if row["roc_auc"] is not None]:
        console.print(_class_scores(of_classes))
        say(console, OF_LABELS_WORDS)
    say(console, words)


def _class_scores(rows: list[dict[str, Any]]) -> Table:
    """Scores of tables of classes, the published ones after them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("classes", "system"):
        table.add_column(name, overflow="fold")
    for label in SCORE_LABELS.values():
        table.add_column(label, justify="right", no_wrap=True)
    before = None
    for row in [*rows, *published_scores(rows)]:
        label = "" if row["label"] == before else row["label"]
        before = row["label"]
        scores = ["" if row.get(name) is None else f"{row[name]:.4f}" for name in SCORE_LABELS]
        table.add_row(label, row["system"], *scores)
    return table
