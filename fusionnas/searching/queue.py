"""The driver's queue: references, yardsticks and trials, in an order that keeps workers busy."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fusionnas.errors import StorageError
from fusionnas.models.baselines.yardsticks import label_of
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.line import line
from fusionnas.searching.checkpoint import read_looks
from fusionnas.searching.finals import Finals
from fusionnas.searching.first_trials import take_over
from fusionnas.searching.given_band import BandSource
from fusionnas.searching.jobs import Job, Kind, Nothing, Result
from fusionnas.searching.metrics import trial_metrics
from fusionnas.searching.objectives import kind_of, objective_values
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.searching.rungs import Rungs
from fusionnas.searching.sources import Trials, Yardsticks
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.time_plan import TimePlan
from fusionnas.searching.trial_result import TrialState, is_usable

HOPELESS = 10  # so many failures without a success end a search


class Watcher(Protocol):
    """Gets news of a search, for example the live display or the tracker."""

    def started(self, job: Job, label: str) -> None: ...

    def progressed(self, job: Job, progress: Result) -> None: ...

    def ended(self, job: Job, result: Result) -> None: ...


class SearchQueue:
    """Gives out jobs and records their results in the study.

    References come first, and trials follow at once. A trial that ends before the band is known is
    held back from the study until its deviation can be computed. So no worker waits. If the time is
    limited, one trial starts before the references, and references that do not fit are left out.

    Yardsticks are fitted beside the trials, by one worker at most. Where the plan of a limited time
    keeps time for them, as it does for one worker, they follow when no further trial has time.
    """

    def __init__(
        self,
        study: ArchitectureStudy,
        references: BandSource,
        folder: Path,
        trials: int | None,
        times: TimePlan | None,
        watcher: Watcher,
        on_recorded: Callable[[int], None],
        latency_bound: float | None = None,
        rungs: Rungs | None = None,
        finals: Finals | None = None,
        yardstick_seconds: float = 0.0,
    ) -> None:
        """
        Args:
            study: study that records the trials.
            references: source of the band.
            folder: folder of the study.
            trials: total number of trials; None is no limit.
            times: when the last trials and the last final trainings may start; None is no limit.
            watcher: gets news of every job.
            on_recorded: called with the number of each trial that was recorded in the study.
            latency_bound: limit in ms above which a worker calls a network infeasible; None if
                latency is not measured.
            rungs: rungs at which trials pause; None trains each trial to its end.
            finals: final trainings after all trials; None is none.
            yardstick_seconds: seconds that all yardsticks together are expected to take.
        """
        self.study = study
        self.references = references
        self.folder = folder
        self.times = times or TimePlan()
        self.watcher = watcher
        self.on_recorded = on_recorded
        self.finals = finals
        self.trials = Trials(study, trials, self.times, latency_bound, rungs)
        self.yardsticks = Yardsticks(folder, kind_of(study.objectives), yardstick_seconds)
        self.ended = False  # no trial is left to start or to wait for
        self.recorded: list[TrialRecord] | None = None  # all trials, once none is left
        self.held: dict[int, Result] = {}
        self.reference_seconds: list[float] = []  # of the references that ended in this run
        self.lost_once: set[str] = set()
        self.again: list[Job] = []
        self.in_flight: dict[str, Job] = {}
        records = study.records()
        self.failures = sum(r.state == TrialState.FAILED for r in records)
        self.successes = sum(r.state == TrialState.DONE and r.counts for r in records)
        done = [r for r in records if r.state == TrialState.DONE]
        if references.due and any(r.metrics.get("cecv_deviation") is None for r in done):
            references.stop()  # some trials were recorded without a band, so no trial may have one

    @property
    def hopeless(self) -> bool:
        """Whether there were many failures and no success."""
        return self.successes == 0 and self.failures >= HOPELESS

    def next(self) -> Job | Nothing:
        job = self._next()
        if isinstance(job, Job):
            self.in_flight[job.key] = job
            self.watcher.started(job, _label(job))
        return job

    def report(self, job: Job, progress: Result) -> None:
        self.watcher.progressed(job, progress)

    def finished(self, job: Job, result: Result) -> None:
        self.in_flight.pop(job.key, None)
        if result["state"] == TrialState.UNWRITTEN:
            raise StorageError(f"{job.key} cannot be written: {result['reason']}")
        if job.kind is Kind.TRIAL:
            number = int(job.name)
            del self.trials.at_work[number]
            if result["state"] == TrialState.PAUSED:
                self.trials.pause(number, job.payload["until"], result)
            else:
                self._trial_ended(number, result)
        elif job.kind is Kind.REFERENCE:
            self.take_reference(job.key, result)
        elif job.kind is Kind.YARDSTICK:
            self.yardsticks.ended(job, result)
        self.watcher.ended(job, result)

    def lost(self, job: Job, reason: str) -> None:
        if job.key not in self.lost_once:  # most often the machine is at fault, so try once more
            self.lost_once.add(job.key)
            self.again.append(job)
            return
        result = {"state": TrialState.FAILED, "reason": f"{reason}, twice"}
        write_result(self.folder / job.key, result)
        self.finished(job, result)

    def cut_off(self) -> None:
        """Set the open trials aside for a resume, except those whose result was not read in time.

        A trial that was on its way from one rung to the next waits at its rung again.
        """
        for number in list(self.trials.at_work):
            job = Job(f"{Kind.TRIAL}/{number}", {})
            result = read_result(self.folder / job.key)
            looks = read_looks(self.folder / job.key) if self.trials.rungs is not None else []
            if result is not None:
                self.finished(job, result)
            elif looks:
                del self.trials.at_work[number]
                self.trials.pause(number, len(looks) - 1, looks[-1])
            else:
                self.study.set_aside(number)

    def take_reference(self, key: str, result: Result) -> None:
        """A reference ended; once all have, record the results that were held back."""
        self.references.take(key, result)
        self.reference_seconds.append(float(result.get("segment_seconds", 0.0)))
        self._tell_held()

    def _tell_held(self) -> None:
        if self.references.settled:
            for number, held in self.held.items():
                self._tell(number, held)
            self.held.clear()

    def tell_finished(self, number: int, result: Result) -> None:
        """Record a trial of an earlier run that left a complete result."""
        self._trial_ended(number, result)

    def _next(self) -> Job | Nothing:
        if self.again:
            return self.again.pop(0)
        if self.trials.first_due and (job := self._trial()):
            return job
        if job := self._reference():
            return job
        if not self.times.yardsticks and (
            job := self.yardsticks.beside(self.trials.begun, self.in_flight.values(), self.times)
        ):
            return job
        if self.ended:
            return self._final()
        if job := self.trials.promotion():
            return job
        if job := self._trial():
            return job
        if not self.hopeless and (job := self.yardsticks.next(self.times)):
            return job
        if any(job.kind is not Kind.YARDSTICK for job in self.in_flight.values()):
            return Nothing.YET
        return self.trials.promotion(at_least_one=not self.successes) or self._end()

    def _reference(self) -> Job | None:
        """The next reference; if trials would have no time after the last one, all are left out.

        As many as are at work now, and one more, are expected to be trained at a time.
        """
        due, took = self.references.due, self.reference_seconds
        if due == 0:
            return None
        rounds = math.ceil(due / (len(self.in_flight) + 1))
        left = self.times.seconds_for_trials
        if left is None or 0 < left >= rounds * (sum(took) / len(took) if took else 0.0):
            return self.references.next()
        self.references.stop()
        self._tell_held()
        return None

    def _trial(self) -> Job | None:
        """A new trial; those that another study has trained are recorded on the way."""
        while not self.hopeless and (proposal := self.trials.propose()):
            if proposal.source is None:
                return self.trials.start(proposal)
            target = self.folder / Kind.TRIAL / str(proposal.number)
            result = take_over(proposal.source, target, self.trials.latency_bound)
            self.trials.succeeded |= is_usable(result)
            self._hold_or_tell(proposal.number, result)
        return None

    def _end(self) -> Job | Nothing:
        """No trial is left to start: stop those that wait at a rung, and begin final trainings."""
        self.ended = True
        for number in self.trials.stop(self.folder):
            self.on_recorded(number)
        return self._final()

    def _final(self) -> Job | Nothing:
        """A final training; when all have ended, the one that needs their results."""
        if self.finals is None:
            return Nothing.YET if self.in_flight else Nothing.MORE
        if self.recorded is None:
            self.recorded = self.study.records()
        records = self.recorded
        if job := self.finals.next(records, self.times.seconds_for_finals):
            return job
        if self.in_flight:
            return Nothing.YET
        return self.finals.closing(records, self.times.seconds_for_finals) or Nothing.MORE

    def _trial_ended(self, number: int, result: Result) -> None:
        self.failures += result["state"] == TrialState.FAILED
        self.successes += result["state"] == TrialState.DONE
        self.trials.ended(number, result)
        self._hold_or_tell(number, result)

    def _hold_or_tell(self, number: int, result: Result) -> None:
        if self.references.settled or result["state"] != TrialState.DONE:
            self._tell(number, result)
        else:
            self.held[number] = result

    def _tell(self, number: int, result: Result) -> None:
        if result["state"] == TrialState.DONE:
            metrics = trial_metrics(result, self.references.band)
            values = objective_values(metrics, self.study.objectives)
            self.study.tell(number, TrialState.DONE, values, metrics)
        else:
            known = {k: result[k] for k in ("train_seconds", "latency_ms") if k in result}
            self.study.tell(number, result["state"], (), known, result["reason"])
        self.on_recorded(number)


def _label(job: Job) -> str:
    """The label of a job for people: its network, or the name of a yardstick."""
    if job.kind is Kind.YARDSTICK:
        return label_of(job.name)
    if job.kind is Kind.REFERENCE:
        return job.key
    return line(Architecture.from_dict(job.payload["architecture"]))
