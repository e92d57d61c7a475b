"""Progress of a search: live in a terminal, and elsewhere a line now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from fusionnas.searching.jobs import Job, Kind, Result
from fusionnas.searching.objectives import error_of
from fusionnas.searching.outlook import Outlook
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.time_plan import TimePlan
from fusionnas.searching.trial_result import OPEN, UNSUCCESSFUL, TrialState
from fusionnas.studies.status import duration
from fusionnas.terminal.console import plain_console, say
from fusionnas.terminal.time_left import TRIAL_OVER_REFERENCE, Ahead, TimeLeft

EVERY = 30.0  # seconds between plain lines, where nothing else is to be said
NAMED = 3  # trainings that a plain line names


@dataclass(slots=True)
class _Running:
    """A job that was handed out."""

    kind: Kind
    name: str  # trial 7, reference lstm-w128-s0, yardstick median
    label: str  # the network, or what a yardstick is
    networks: int  # that it trains one after the other; none where it is a yardstick
    epochs: int  # of each of them at most
    fold: int = 0  # whose network it trains
    epoch: int = 0  # of that network, which ended last
    pace: float = 0.0  # seconds of that epoch
    error: float = 0.0  # of validation, after it
    judged: str = ""  # label of the error

    @property
    def words(self) -> str:
        if not self.networks:
            return ""
        return f"epoch {self.epoch}, {self.judged} {self.error:.4g}" if self.epoch else "starting"

    @property
    def place(self) -> str:
        """How far a training is, as `fold 2, epoch 3 of 8`."""
        if not self.epoch:
            return "starting"
        fold = f"fold {self.fold + 1}, " if self.networks > 1 else ""
        return f"{fold}epoch {self.epoch} of {self.epochs}"

    @property
    def spent(self) -> float:
        """Seconds of its epochs so far, if all took as long as the last."""
        return (self.fold * self.epochs + self.epoch) * self.pace


class ConsoleDisplay:
    """Progress of a search on standard error, so that results on standard output stay clean."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = plain_console(stderr=True, quiet=quiet)
        self.live: Live | None = None
        self.lines: _Lines | None = None
        self.running: dict[str, _Running] = {}  # by key
        self.records: dict[int, TrialRecord] = {}
        self.references = self.repeated = 0  # trainings of references, and final ones, that ended
        self.outlook = Outlook(None, TimePlan(), 0, 0, 1, 1, 1, 1.0, 1, "")
        self.left = TimeLeft(self.outlook)
        self.bar = Progress(
            TextColumn("trials"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}", markup=False),
            console=self.console,
        )
        self.task = self.bar.add_task("trials", total=None, status="")

    def say(self, text: str) -> None:
        say(self.console, text)

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        if self.console.is_terminal:
            with self.console.status(Text(f"{text} ...")):
                yield
        else:
            self.say(f"{text} ...")
            yield

    def begin(self, records: Sequence[TrialRecord], outlook: Outlook) -> None:
        self.records = {r.number: r for r in records}
        self.outlook = outlook
        self.left = TimeLeft(outlook)
        noun = "worker" if outlook.workers == 1 else "workers"
        self.say(f"Starting {outlook.workers} {noun}.")
        if self.console.is_terminal:
            self.live = Live(self._view(), console=self.console, refresh_per_second=4)
            self.live.start()
        else:
            self.lines = _Lines(lambda: self.say(self.line()))

    def end(self) -> None:
        self.running.clear()
        if self.live is not None:
            self.live.update(self._view(), refresh=True)
            self.live.stop()
            self.live = None
        if self.lines is not None:
            self.lines.stop()
            self.lines = None

    def started(self, job: Job, label: str) -> None:
        name = f"{job.kind.noun} {job.name}"
        self.running[job.key] = _Running(job.kind, name, label, *self._size(job))
        self._refresh()

    def _size(self, job: Job) -> tuple[int, int]:
        """How many networks a job trains, and for how many epochs each."""
        if job.kind is Kind.YARDSTICK:
            return 0, 0
        epochs = int(job.payload.get("epochs") or self.outlook.epochs)
        if job.payload.get("refits") or job.payload.get("first_fold"):
            return 1, epochs
        final = job.payload.get("final", False)
        return self.outlook.final_folds if final else self.outlook.folds, epochs

    def progressed(self, job: Job, progress: Result) -> None:
        one = self.running[job.key]
        one.epoch, one.error = int(progress["epoch"]), error_of(progress)
        one.judged = self.outlook.error
        one.fold = int(progress.get("fold", 0))
        one.pace = float(progress["seconds"])
        self._refresh()

    def ended(self, job: Job, result: Result) -> None:
        self.running.pop(job.key, None)
        self.repeated += job.kind is Kind.FINAL
        self.references += job.kind is Kind.REFERENCE
        if job.kind is not Kind.TRIAL and result["state"] in UNSUCCESSFUL:  # `told` names trials
            self.say(f"{job.kind.noun} {job.name}: {result['state']}, {result['reason']}")
        seconds = result.get("segment_seconds") or result.get("train_seconds")
        if seconds and job.kind is Kind.REFERENCE:
            self.left.references.append(float(seconds))
        elif seconds and result["state"] == TrialState.DONE:
            networks, epochs = self._size(job)
            alike = float(seconds) / self._length(networks * epochs)
            if job.kind is Kind.FINAL:
                self.left.final.append(alike)
            elif job.kind is Kind.TRIAL:
                self.left.trials.append((error_of(result), alike))
        self._refresh()

    def told(self, record: TrialRecord) -> None:
        self.records[record.number] = record
        if self.live is None:
            self.say(f"{self._status()}  {_outcome(record, self.outlook)}")
            if self.lines is not None:
                self.lines.printed()
        self._refresh()

    def line(self) -> str:
        """Where the search stands, in a line: what is done, what runs, the time left."""
        some = list(self.running.values())
        told = [f"{one.name} ({one.place})" if one.networks else one.name for one in some[:NAMED]]
        if len(some) > NAMED:
            told.append(f"{len(some) - NAMED} more")
        return f"{self._status()}; at work: {', '.join(told) or 'nothing'}"

    def _refresh(self) -> None:
        if self.live is not None:
            self.live.update(self._view())

    def _counted(self) -> int:
        return sum(r.counts and r.state not in OPEN for r in list(self.records.values()))

    def _status(self) -> str:
        """Trials done, the best MAE, the time left."""
        outlook = self.outlook
        total = f"/{outlook.trials}" if outlook.trials else ""
        parts = [f"{self._counted()}{total} trials"]
        done = [r.values[0] for r in list(self.records.values()) if r.state == TrialState.DONE]
        if done:
            parts.append(f"best validation {outlook.error} {min(done):.4g} {outlook.unit}".rstrip())
        elif outlook.references:
            of = max(outlook.references, self.references)  # a collapsed one is trained again
            parts.append(f"{self.references} of {of} references trained")
        if self.repeated or self._running(Kind.FINAL):
            parts.append(f"final training {self.repeated}/{outlook.final}")
        if (left := self.seconds_left()) is not None:
            about = "about " if outlook.times.left is None else ""
            parts.append(f"{about}{duration(left)} left")
        return ", ".join(parts)

    def seconds_left(self) -> float | None:
        """Until the end of the run; None where nothing tells it yet."""
        outlook = self.outlook
        if outlook.times.left is not None or outlook.trials is None:
            return outlook.times.left
        running, paces = [], []
        for one in list(self.running.values()):
            if one.networks:
                over = TRIAL_OVER_REFERENCE if one.kind is Kind.REFERENCE else 1.0
                running.append((self._length(one.networks * one.epochs) / over, one.spent))
                paces += [over * one.pace] if one.epoch else []
        ahead = Ahead(
            max(0, outlook.trials - self._counted() - self._running(Kind.TRIAL)),
            max(0, outlook.references - self.references - self._running(Kind.REFERENCE)),
            max(0, outlook.final - self.repeated - self._running(Kind.FINAL)),
            tuple(running),
        )
        return self.left.seconds(ahead, paces)

    def _running(self, kind: Kind) -> int:
        """How many jobs of a kind run."""
        return sum(one.kind is kind for one in list(self.running.values()))

    def _length(self, epochs: int) -> float:
        """So many epochs in trainings like a trial."""
        return epochs / (self.outlook.folds * self.outlook.epochs)

    def _view(self) -> Group:
        status = self._status().partition(", ")[2]
        done = self._counted()
        self.bar.update(self.task, total=self.outlook.trials, completed=done, status=status)
        rows = Table.grid(padding=(0, 2))
        for one in list(self.running.values()):
            rows.add_row("  " + one.name, one.label, Text(one.words, "dim"))
        return Group(self.bar, rows)


class _Lines:
    """Says how things stand whenever nothing was said for a while, from a thread of its own."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say = say
        self._last = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()

    def printed(self) -> None:
        """Something was said just now."""
        self._last = time.monotonic()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(max(0.0, self._last + EVERY - time.monotonic())):
            if time.monotonic() >= self._last + EVERY:
                self.printed()
                self._say()


def _outcome(record: TrialRecord, outlook: Outlook) -> str:
    if record.state == TrialState.DONE:
        error = f"{outlook.error} {record.values[0]:.4g} {outlook.unit}"
        return f"trial {record.number}: {error}  {record.line}"
    return f"trial {record.number}: {record.state}, {record.reason}  {record.line}"
