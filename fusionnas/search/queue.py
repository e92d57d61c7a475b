"""The driver's queue: references, yardsticks and trials, in the order that keeps workers busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fusionnas.components import line
from fusionnas.errors import StorageError
from fusionnas.search.evaluation import YARDSTICKS, read_result
from fusionnas.search.given_band import BandSource
from fusionnas.search.jobs import Job, Nothing, Result
from fusionnas.search.metrics import objectives, trial_metrics
from fusionnas.search.study import ArchitectureStudy, Proposal

HOPELESS = 10  # so many failures without a single success end a search


class Watcher(Protocol):
    """Whoever wants to know how a search goes: the live display, the tracker."""

    def started(self, job: Job, label: str) -> None: ...

    def progressed(self, job: Job, progress: Result) -> None: ...

    def ended(self, job: Job, result: Result) -> None: ...


class SearchQueue:
    """Gives jobs and tells the study of their ends.

    References come first, and trials at once after them: a trial that ends before the band is
    known is held back from the study until its deviation can be computed, so that no worker waits.
    """

    def __init__(
        self,
        study: ArchitectureStudy,
        references: BandSource,
        folder: Path,
        trials: int | None,
        seconds: float | None,
        watcher: Watcher,
        on_told: Callable[[int], None],
    ) -> None:
        self.study = study
        self.references = references
        self.folder = folder
        self.trials = trials
        self.deadline = time.monotonic() + seconds if seconds is not None else None
        self.watcher = watcher
        self.on_told = on_told
        self.proposals: dict[str, Proposal] = {}
        self.held: dict[int, Result] = {}
        self.lost_once: set[str] = set()
        self.again: list[Job] = []
        self.in_flight: set[str] = set()
        self.yardsticks_due = read_result(folder / YARDSTICKS) is None
        self.exhausted = False
        records = study.records()
        self.counted = study.counted()
        self.failures = sum(r.state == "failed" for r in records)
        self.successes = sum(r.state == "done" for r in records)

    @property
    def hopeless(self) -> bool:
        """Whether nothing but failures came."""
        return self.successes == 0 and self.failures >= HOPELESS

    def next(self) -> Job | Nothing:
        job = self._next()
        if isinstance(job, Job):
            self.in_flight.add(job.key)
            self.watcher.started(job, self._label(job))
        return job

    def report(self, job: Job, progress: Result) -> None:
        self.watcher.progressed(job, progress)

    def finished(self, job: Job, result: Result) -> None:
        self.in_flight.discard(job.key)
        if result["state"] == "unwritten":
            raise StorageError(f"{job.key} could not be written: {result['reason']}")
        if job.key in self.proposals:
            self._trial_ended(self.proposals.pop(job.key).number, result)
        elif job.key != YARDSTICKS:
            self.take_reference(job.key, result)
        self.watcher.ended(job, result)

    def lost(self, job: Job, reason: str) -> None:
        if job.key not in self.lost_once:  # most often the machine's fault: once more
            self.lost_once.add(job.key)
            self.again.append(job)
            return
        self.finished(job, {"state": "failed", "reason": f"{reason}, twice"})

    def cut_off(self) -> None:
        """Set the open trials aside for a resume, but for those that ended without being heard."""
        for key, proposal in list(self.proposals.items()):
            result = read_result(self.folder / key)
            if result is not None:
                self.finished(Job(key, {}), result)
            else:
                self.study.set_aside(proposal.number)

    def take_reference(self, key: str, result: Result) -> None:
        """A reference ended; once all have, the results held back go to the study."""
        self.references.take(key, result)
        if self.references.settled:
            for number, held in self.held.items():
                self._tell(number, held)
            self.held.clear()

    def tell_finished(self, number: int, result: Result) -> None:
        """A trial of an earlier run that left a complete result."""
        self._trial_ended(number, result)

    def _next(self) -> Job | Nothing:
        if self.again:
            return self.again.pop(0)
        if reference := self.references.next():
            return reference
        if self.yardsticks_due:
            self.yardsticks_due = False
            return Job(YARDSTICKS, {})
        if self._may_propose():
            proposal = self.study.propose()
            if proposal is not None:
                return self._trial(proposal)
            self.exhausted = True  # everything that could be found was tried already
        return Nothing.YET if self.in_flight else Nothing.MORE

    def _may_propose(self) -> bool:
        in_time = self.deadline is None or time.monotonic() < self.deadline
        wanted = self.trials is None or self.counted < self.trials
        return in_time and wanted and not self.exhausted and not self.hopeless

    def _trial(self, proposal: Proposal) -> Job:
        self.counted += 1
        job = Job(
            f"trials/{proposal.number}",
            {
                "architecture": proposal.architecture.to_dict(),
                "seed": self.study.seed_of(proposal),
            },
        )
        self.proposals[job.key] = proposal
        return job

    def _label(self, job: Job) -> str:
        if job.key in self.proposals:
            return line(self.proposals[job.key].architecture)
        return job.key

    def _trial_ended(self, number: int, result: Result) -> None:
        self.failures += result["state"] == "failed"
        self.successes += result["state"] == "done"
        if self.references.settled or result["state"] != "done":
            self._tell(number, result)
        else:
            self.held[number] = result

    def _tell(self, number: int, result: Result) -> None:
        if result["state"] == "done":
            metrics = trial_metrics(result, self.references.band)
            self.study.tell(number, "done", objectives(metrics), metrics)
        else:
            seconds = {"train_seconds": result.get("train_seconds")}
            self.study.tell(number, result["state"], (), seconds, result["reason"])
        self.on_told(number)
