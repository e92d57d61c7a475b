"""What a person sees in a terminal: live progress, tables, plain lines where there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from fusionnas.models.baselines.yardsticks import FITTED_TO
from fusionnas.searching.final_training import FOLDER as FINAL
from fusionnas.searching.jobs import Job, Result
from fusionnas.searching.objectives import OBJECTIVES
from fusionnas.searching.records import OPEN, TrialRecord
from fusionnas.searching.time_plan import TimePlan
from fusionnas.studies.predictor_words import predictor_words
from fusionnas.studies.status import StudyStatus
from fusionnas.studies.yardsticks import beside_of

_COLUMNS = ("val_mae", "cecv_deviation", "cecv_excess", "parameters")  # of the front, always
EVERY = 15.0  # seconds between plain lines


class ConsoleDisplay:
    """Progress of a search on standard error, so that results on standard output stay clean."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, quiet=quiet)
        self.live: Live | None = None
        self.running: dict[str, tuple[str, str]] = {}  # key to label and progress
        self.records: dict[int, TrialRecord] = {}
        self.seconds: list[float] = []  # of each finished training in this run
        self.other_jobs = 0  # finished references and yardsticks
        self.repetitions = 0  # final trainings that are to come
        self.times = TimePlan()
        self.repeated = 0  # of them, how many ended
        self.trials: int | None = None
        self.unit, self.workers, self.begun, self.last_line = "", 1, 0.0, 0.0
        self.bar = Progress(
            TextColumn("trials"), BarColumn(bar_width=28), MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"), console=self.console,
        )  # fmt: skip
        self.task = self.bar.add_task("trials", total=None, status="")

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, markup=False)

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        if self.console.is_terminal:
            with self.console.status(f"{text} ..."):
                yield
        else:
            self.say(f"{text} ...")
            yield

    def begin(
        self, records: Sequence[TrialRecord], trials: int | None, unit: str, workers: int,
        repetitions: int, times: TimePlan,
    ) -> None:  # fmt: skip
        self.records = {r.number: r for r in records}
        self.trials, self.unit, self.workers = trials, unit, workers
        self.repetitions, self.times = repetitions, times
        self.begun = self.last_line = time.monotonic()
        noun = "worker" if workers == 1 else "workers"
        self.say(f"Starting {workers} {noun}.")
        if self.console.is_terminal:
            self.live = Live(self._view(), console=self.console, refresh_per_second=4)
            self.live.start()

    def end(self) -> None:
        self.running.clear()
        if self.live is not None:
            self.live.update(self._view(), refresh=True)
            self.live.stop()
            self.live = None

    def started(self, job: Job, label: str) -> None:
        self.running[job.key] = (label, "")
        self._refresh()

    def progressed(self, job: Job, progress: Result) -> None:
        label = self.running.get(job.key, (job.key, ""))[0]
        words = f"epoch {progress['epoch']}, MAE {progress['val_mae']:.4g}"
        self.running[job.key] = (label, words)
        self._refresh()

    def ended(self, job: Job, result: Result) -> None:
        self.running.pop(job.key, None)
        if job.key.startswith(FINAL):
            self.repeated += 1
        elif not job.key.startswith("trials/"):
            self.other_jobs += 1
        if result.get("train_seconds"):
            self.seconds.append(float(result["train_seconds"]))
        self._refresh()

    def told(self, record: TrialRecord) -> None:
        self.records[record.number] = record
        if self.live is None:
            self.say(f"{self._status()}  {_outcome(record, self.unit)}")
            self.last_line = time.monotonic()
        self._refresh()

    def _refresh(self) -> None:
        if self.live is not None:
            self.live.update(self._view())
        elif time.monotonic() - self.last_line > EVERY:
            self.last_line = time.monotonic()
            self.say(self._status())

    def _counted(self) -> int:
        return sum(r.counts and r.state not in OPEN for r in self.records.values())

    def _status(self) -> str:
        """Trials done, the best MAE, the time left."""
        total = f"/{self.trials}" if self.trials else ""
        parts = [f"{self._counted()}{total} trials"]
        done = [r.values[0] for r in self.records.values() if r.state == "done"]
        if done:
            parts.append(f"best validation MAE {min(done):.4g} {self.unit}".rstrip())
        elif self.other_jobs or self.running:
            parts.append(f"references and yardsticks: {self.other_jobs} done")
        if self.repeated or any(key.startswith(FINAL) for key in self.running):
            parts.append(f"final training {self.repeated}/{self.repetitions}")
        if self.times.left is not None:
            parts.append(f"{_duration(self.times.left)} left")
        elif (left := self._seconds_left()) is not None:
            parts.append(f"about {_duration(left)} left")
        return ", ".join(parts)

    def _seconds_left(self) -> float | None:
        if self.trials is None or len(self.seconds) < 2:
            return None
        mean = sum(self.seconds) / len(self.seconds)
        due = self.trials - self._counted() + self.repetitions - self.repeated
        return max(0.0, due * mean / self.workers)

    def _view(self) -> Group:
        status = self._status().partition(", ")[2]
        self.bar.update(self.task, total=self.trials, completed=self._counted(), status=status)
        rows = Table.grid(padding=(0, 2))
        for key, (label, words) in list(self.running.items()):
            rows.add_row("  " + key.replace("trials/", "trial "), label, f"[dim]{words}[/dim]")
        return Group(self.bar, rows)


def print_summary(console: Console, summary: Mapping[str, Any], folder: str) -> None:
    """The end of a search: front, chosen network, yardsticks, verdict, files."""
    unit = f" {summary['unit']}" if summary["unit"] else ""
    table = Table(title="Pareto front", title_justify="left", title_style="bold", box=None)
    others = [
        row
        for name, row in OBJECTIVES.items()
        if name not in _COLUMNS and any(name in trial for trial in summary["front"])
    ]
    for name in ("trial", f"val. MAE{unit}", "deviation", "excess", "parameters",
                 *(row.label for row in others)):  # fmt: skip
        table.add_column(name, justify="right")
    table.add_column("architecture", overflow="fold")
    for row in summary["front"]:
        table.add_row(
            str(row["number"]), f"{row['val_mae']:.4g}", _number(row["cecv_deviation"]),
            _number(row["cecv_excess"]), f"{row['parameters']:,}",
            *(f"{row[o.name]:.3g}" if o.name in row else "–" for o in others), row["line"],
            style="bold" if row["number"] == summary["chosen"]["number"] else "",
        )  # fmt: skip
    console.print()
    console.print(table)
    chosen = summary["chosen"]
    console.print(f"\n[bold]Recommended[/bold]: trial {chosen['number']}, {chosen['line']}")
    _print_yardsticks(console, summary, unit)
    if "interval_words" in summary:
        console.print(f"\n{summary['interval_words']}", soft_wrap=True)
    if summary["finalists"]:
        _print_finalists(console, summary, unit)
    mine = summary.get("predictor")
    if mine is not None:
        _print_predictor(console, summary, unit)
    console.print(f"\n{summary['verdict_words']}", soft_wrap=True)
    if summary.get("move_words"):
        console.print(summary["move_words"], soft_wrap=True)
    console.print(f"{summary['band_words']} {summary['guidance_words']}".strip(), soft_wrap=True)
    console.print(
        f"\nReport   {folder}/report.html\nPlot     {folder}/cecv.png\nBundle   {folder}/best\n"
        + (f"Ensemble {folder}/predictor\n" if mine is not None else "")
        + f"Predict  fusionnas predict {folder} SrTiO3",
        soft_wrap=True,
    )


def _print_yardsticks(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """The network and the yardsticks on the test part, the best of them first, and in words."""
    beside = beside_of(summary)
    table = Table(title="On the test part", title_justify="left", title_style="bold", box=None)
    for name in (f"MAE{unit}", "network minus this", "95% interval", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("")
    if mine := summary.get("predictor"):
        models = counted(mine["models"], "model")
        table.add_row(f"{mine['test_mae']:.4g}", "", "", "", f"predictor ({models})", style="bold")
    table.add_row(f"{summary['chosen']['test_mae']:.4g}", "", "", "", "recommended", style="bold")
    for row in beside["rows"]:
        low, high = row["difference_interval"] or (None, None)
        mark = ", the best yardstick" if row["name"] == beside["best"] else ""
        table.add_row(
            f"{row['test_mae']:.4g}", _signed(row["difference"]),
            "–" if low is None else f"{_signed(low)} to {_signed(high)}",
            "–" if row["seconds"] is None else f"{row['seconds']:.0f}", row["label"] + mark,
        )  # fmt: skip
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
            f"{part['weight']:.0%}", f"{part['val_mae']:.4g}", str(part["models"]), part["name"],
            line,
        )  # fmt: skip
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
            str(row["number"]), f"{row['mean']:.4g}", f"{row['low']:.4g} to {row['high']:.4g}",
            f"{row['parameters']:,}", mark, style="bold" if row["preferred"] else "",
        )  # fmt: skip
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
    rows.add_row("study", f"[bold]{found.name}[/bold], {found.state}")
    rows.add_row("space, data", f"{found.space}, {found.data}")
    rows.add_row("trials", listed or "none yet")
    rows.add_row("references", f"{found.references} trained")
    rows.add_row("searched for", f"{_duration(found.active_seconds)}{pace}")
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


def _outcome(record: TrialRecord, unit: str) -> str:
    if record.state == "done":
        return f"trial {record.number}: MAE {record.values[0]:.4g} {unit}  {record.line}"
    return f"trial {record.number}: {record.state}, {record.reason}  {record.line}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
