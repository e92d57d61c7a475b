"""The driver's queue: references, yardsticks and trials, in the order that keeps workers busy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from fusionnas.errors import StorageError
from fusionnas.models.baselines.yardsticks import label_of
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.line import line
from fusionnas.searching import yardstick_jobs
from fusionnas.searching.checkpoint import drop_checkpoint, read_looks
from fusionnas.searching.finals import Finals
from fusionnas.searching.first_trials import take_over
from fusionnas.searching.given_band import BandSource
from fusionnas.searching.jobs import Job, Kind, Nothing, Result
from fusionnas.searching.metrics import trial_metrics
from fusionnas.searching.objectives import objective_values
from fusionnas.searching.result_file import read_result
from fusionnas.searching.rungs import Look, Rungs
from fusionnas.searching.study import ArchitectureStudy, Proposal
from fusionnas.searching.time_plan import TimePlan
from fusionnas.searching.trial_result import TrialState

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
        times: TimePlan | None,
        watcher: Watcher,
        on_told: Callable[[int], None],
        latency_bound: float | None = None,
        rungs: Rungs | None = None,
        finals: Finals | None = None,
    ) -> None:
        """
        Args:
            study: takes the trials.
            references: where the band comes from.
            folder: of the study.
            trials: how many in all; None is no limit.
            times: until when trials, and until when final trainings are started; None
                is no limit.
            watcher: hears of every job.
            on_told: hears of each trial that is in the study, by number.
            latency_bound: in ms, above which a worker takes a network for infeasible; None where
                latency is not measured.
            rungs: where trials pause; None trains each to its end.
            finals: what is trained once all trials have ended; None is nothing.
        """
        self.study = study
        self.references = references
        self.folder = folder
        self.trials = trials
        self.times = times or TimePlan()
        self.watcher = watcher
        self.on_told = on_told
        self.latency_bound = latency_bound
        self.rungs = rungs
        self.finals = finals
        self.ended = False  # no trial is left to start or to wait for
        self.proposals: dict[str, Proposal] = {}
        self.held: dict[int, Result] = {}
        self.lost_once: set[str] = set()
        self.again: list[Job] = []
        self.in_flight: dict[str, Job] = {}
        self.yardsticks_due = yardstick_jobs.due(folder)
        self.begun_trials = self.begun_yardsticks = 0
        self.took: list[float] = []  # seconds of the trials that ended well in this run
        self.exhausted = False
        records = study.records()
        self.counted = study.counted()
        self.failures = sum(r.state == TrialState.FAILED for r in records)
        self.successes = sum(r.state == TrialState.DONE and r.counts for r in records)

    @property
    def hopeless(self) -> bool:
        """Whether nothing but failures came."""
        return self.successes == 0 and self.failures >= HOPELESS

    def next(self) -> Job | Nothing:
        job = self._next()
        if isinstance(job, Job):
            self.in_flight[job.key] = job
            self.watcher.started(job, self._label(job))
        return job

    def report(self, job: Job, progress: Result) -> None:
        self.watcher.progressed(job, progress)

    def finished(self, job: Job, result: Result) -> None:
        self.in_flight.pop(job.key, None)
        if result["state"] == TrialState.UNWRITTEN:
            raise StorageError(f"{job.key} cannot be written: {result['reason']}")
        if job.key in self.proposals:
            number = self.proposals.pop(job.key).number
            if result["state"] == TrialState.PAUSED:
                self._pause(number, job.payload["until"], result)
            else:
                self._trial_ended(number, result)
        elif job.kind is Kind.REFERENCE:
            self.take_reference(job.key, result)
        self.watcher.ended(job, result)

    def lost(self, job: Job, reason: str) -> None:
        if job.key not in self.lost_once:  # most often the machine's fault: once more
            self.lost_once.add(job.key)
            self.again.append(job)
            return
        self.finished(job, {"state": TrialState.FAILED, "reason": f"{reason}, twice"})

    def cut_off(self) -> None:
        """Set the open trials aside for a resume, but for those that ended without being heard.

        One that was on its way from a rung to the next waits there again.
        """
        for key, proposal in list(self.proposals.items()):
            result = read_result(self.folder / key)
            looks = read_looks(self.folder / key) if self.rungs is not None else []
            if result is not None:
                self.finished(Job(key, {}), result)
            elif looks:
                del self.proposals[key]
                self._pause(proposal.number, len(looks) - 1, looks[-1])
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
        if job := self._yardstick():
            return job
        if self.ended:
            return self._final()
        if job := self._promotion():
            return job
        while self._may_propose():
            proposal = self.study.propose()
            if proposal is None:
                self.exhausted = True  # everything that could be found was tried already
            elif proposal.source is None:
                return self._trial(proposal)
            else:
                target = self.folder / Kind.TRIAL / str(proposal.number)
                self._hold_or_tell(proposal.number, take_over(proposal.source, target))
        if self.yardsticks_due and not self.hopeless:
            return self._start_yardstick()
        if any(job.kind is not Kind.YARDSTICK for job in self.in_flight.values()):
            return Nothing.YET
        return self._promotion(at_least_one=not self.successes) or self._end()

    def _yardstick(self) -> Job | None:
        """The next yardstick, where no other one runs: one worker at most is without a trial.

        As many trials are started before, so that a search that has little time has trials.
        """
        if not self.yardsticks_due or self.begun_yardsticks >= self.begun_trials:
            return None
        running = any(job.kind is Kind.YARDSTICK for job in self.in_flight.values())
        return None if running else self._start_yardstick()

    def _start_yardstick(self) -> Job:
        self.begun_yardsticks += 1
        return self.yardsticks_due.pop(0)

    @property
    def _in_time(self) -> bool:
        typical = sum(self.took) / len(self.took) if self.took else 0.0
        return self.times.searching(typical)

    def _may_propose(self) -> bool:
        wanted = self.trials is None or self.counted < self.trials
        return self._in_time and wanted and not self.exhausted and not self.hopeless

    def _promotion(self, at_least_one: bool = False) -> Job | None:
        """A trial that goes on from its rung."""
        if self.rungs is None or not (self._in_time or at_least_one):
            return None
        found = self.rungs.promote(at_least_one)
        if found is None:
            return None
        number, rung = found
        self.study.go_on(number)
        return self._job(self.study.proposal(number), rung + 1)

    def _pause(self, number: int, rung: int, result: Result) -> None:
        assert self.rungs is not None
        look = Look.of(number, rung, result)
        self.study.pause(number, rung, look.mae)
        self.rungs.take(look)

    def _end(self) -> Job | Nothing:
        """No trial is left to start: whatever waits at a rung is stopped, final trainings begin."""
        self.ended = True
        for look in self.rungs.stop() if self.rungs is not None else ():
            metrics = {"rung": look.rung, "rung_epoch": look.epoch, "rung_mae": look.mae,
                       "parameters": look.parameters, "train_seconds": look.seconds}  # fmt: skip
            why = f"validation MAE {look.mae:.4g} at epoch {look.epoch}"
            self.study.tell(look.number, TrialState.STOPPED, (), metrics, why)
            drop_checkpoint(self.folder / Kind.TRIAL / str(look.number))
            self.on_told(look.number)
        return self._final()

    def _final(self) -> Job | Nothing:
        """A final training, and once they have ended the one that needs to know them all."""
        if self.finals is None:
            return Nothing.YET if self.in_flight else Nothing.MORE
        records = self.study.records()
        if job := self.finals.next(records, self.times.seconds_for_finals):
            return job
        if self.in_flight:
            return Nothing.YET
        return self.finals.closing(records) or Nothing.MORE

    def _trial(self, proposal: Proposal) -> Job:
        self.counted += 1
        self.begun_trials += 1
        return self._job(proposal, 0)

    def _job(self, proposal: Proposal, rung: int) -> Job:
        """The training of a trial until it pauses at `rung`, or until its end."""
        payload: dict[str, Any] = {
            "architecture": proposal.architecture.to_dict(),
            "seed": self.study.seed_of(proposal),
        }
        if self.latency_bound is not None:
            payload["latency_bound"] = self.latency_bound
        if self.rungs is not None and rung < len(self.rungs.epochs) and not proposal.designed:
            payload["until"] = rung
        job = Job(f"{Kind.TRIAL}/{proposal.number}", payload)
        self.proposals[job.key] = proposal
        return job

    def _label(self, job: Job) -> str:
        if job.key in self.proposals:
            return line(self.proposals[job.key].architecture)
        if job.kind is Kind.FINAL:
            return line(Architecture.from_dict(job.payload["architecture"]))
        return label_of(job.name) if job.kind is Kind.YARDSTICK else job.key

    def _trial_ended(self, number: int, result: Result) -> None:
        self.failures += result["state"] == TrialState.FAILED
        self.successes += result["state"] == TrialState.DONE
        if result["state"] == TrialState.DONE and "segment_seconds" in result:
            self.took.append(float(result["segment_seconds"]))
        if self.rungs is not None and result["state"] == TrialState.DONE:
            self.rungs.pass_by(number, result.get("rungs", ()))
            self.rungs.finished(number, result["val_mae"])
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
        self.on_told(number)
