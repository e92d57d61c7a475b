"""Sources of jobs beside references and final trainings: trials and yardsticks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fusionnas.models.baselines.yardsticks import CONSTANTS, label_of
from fusionnas.searching import yardstick_jobs
from fusionnas.searching.checkpoint import drop_checkpoint
from fusionnas.searching.jobs import Job, Kind, Result
from fusionnas.searching.objectives import kind_of
from fusionnas.searching.rungs import RungReport, Rungs
from fusionnas.searching.study import ArchitectureStudy, Proposal
from fusionnas.searching.time_plan import TimePlan
from fusionnas.searching.trial_result import TrialState, is_usable
from fusionnas.tasks.kinds import TASKS


class Trials:
    """The trainings of proposals: new ones, and those that continue from a rung."""

    def __init__(
        self,
        study: ArchitectureStudy,
        most: int | None,
        times: TimePlan,
        latency_bound: float | None,
        rungs: Rungs | None,
    ) -> None:
        """The arguments are those of the class `SearchQueue`; `most` is its `trials`."""
        self.study = study
        self.most = most
        self.times = times
        self.latency_bound = latency_bound
        self.rungs = rungs
        self.at_work: dict[int, Proposal] = {}
        records = study.records()
        self.counted = sum(record.counts for record in records)
        self.succeeded = any(record.usable for record in records)  # a network can be recommended
        self.begun = 0  # number started in this run
        self.took: list[float] = []  # seconds of the trials that ended well in this run
        self.exhausted = False  # no untried architecture is left

    @property
    def in_time(self) -> bool:
        """Whether another trial may be started in time; the first network has more of it."""
        typical = sum(self.took) / len(self.took) if self.took else 0.0
        return self.times.searching(typical, needed=not self.succeeded and not self.at_work)

    @property
    def first_due(self) -> bool:
        """Whether a search with little time needs a trial before anything else."""
        return self.times.end is not None and not self.succeeded and not self.begun

    def propose(self) -> Proposal | None:
        """A new proposal; None if trials, time or untried architectures are used up."""
        wanted = self.most is None or self.counted < self.most
        if not self.in_time or not wanted or self.exhausted:
            return None
        proposal = self.study.propose()
        self.exhausted = proposal is None
        return proposal

    def start(self, proposal: Proposal) -> Job:
        """Start the training of a new proposal."""
        self.counted += 1
        self.begun += 1
        return self._job(proposal, 0)

    def promotion(self, at_least_one: bool = False) -> Job | None:
        """A trial that continues from its rung; None if there is none."""
        if self.rungs is None or not (self.in_time or at_least_one):
            return None
        found = self.rungs.promote(at_least_one)
        if found is None:
            return None
        number, rung = found
        self.study.leave_rung(number)
        return self._job(self.study.proposal(number), rung + 1)

    def pause(self, number: int, rung: int, result: Result) -> None:
        """Record that a trial has reached a rung and waits there."""
        assert self.rungs is not None
        look = RungReport.of(number, rung, result, self.rungs.key)
        self.study.pause(number, rung, look.error)
        self.rungs.take(look)

    def stop(self, folder: Path) -> Iterator[int]:
        """Stop all trials that wait at a rung; yields their numbers."""
        error = TASKS[kind_of(self.study.objectives)].error
        for look in self.rungs.stop() if self.rungs is not None else ():
            metrics = {
                "rung": look.rung,
                "rung_epoch": look.epoch,
                error.key("rung"): look.error,
                "parameters": look.parameters,
                "train_seconds": look.seconds,
            }
            why = f"validation {error.label} {look.error:.4g} at epoch {look.epoch}"
            self.study.tell(look.number, TrialState.STOPPED, (), metrics, why)
            drop_checkpoint(folder / Kind.TRIAL / str(look.number))
            yield look.number

    def ended(self, number: int, result: Result) -> None:
        """Record that a training has ended, well or not."""
        self.succeeded |= is_usable(result)
        if result["state"] != TrialState.DONE:
            return
        if "segment_seconds" in result:
            self.took.append(float(result["segment_seconds"]))
        if self.rungs is not None:
            self.rungs.pass_by(number, result.get("rungs", ()))
            self.rungs.finished(number, result[self.rungs.key])

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
        self.at_work[proposal.number] = proposal
        return Job(f"{Kind.TRIAL}/{proposal.number}", payload)


class Yardsticks:
    """The yardsticks of a study that are still to be fitted."""

    def __init__(self, folder: Path, kind: str, seconds: float = 0.0) -> None:
        """
        Args:
            folder: folder of the study.
            kind: kind of the target.
            seconds: seconds that all of them together are expected to take; 0 if that is not known.
        """
        self.due = yardstick_jobs.due(folder, kind)
        self.each = seconds / len(yardstick_jobs.fitted_of(kind))
        self.begun = 0
        self.took: list[float] = []  # seconds of those that learn something and ended in this run

    def next(self, times: TimePlan) -> Job | None:
        """The next yardstick to fit, of those that are expected to end in time."""
        left = times.seconds_for_yardsticks(sum(self.took))
        for job in self.due:
            if left is None or job.name in CONSTANTS or self.expected < left:
                self.due.remove(job)
                self.begun += 1
                return job
        return None

    @property
    def expected(self) -> float:
        """Seconds of one of them, from those that ended, or as expected before."""
        return max(self.each, sum(self.took) / len(self.took)) if self.took else self.each

    def ended(self, job: Job, result: Result) -> None:
        """Record how long one took."""
        if job.name not in CONSTANTS and result["state"] == TrialState.DONE:
            self.took.append(float(result.get("seconds", 0.0)))

    def beside(self, trials: int, in_flight: Iterable[Job], times: TimePlan) -> Job | None:
        """The next yardstick, if none is running: at most one worker is then without a trial.

        The same number of trials starts before, so that a search with little time has trials.
        """
        if self.begun >= trials or any(job.kind is Kind.YARDSTICK for job in in_flight):
            return None
        return self.next(times)

    @property
    def left_out(self) -> str:
        """A sentence about those for which there was no time; empty without any."""
        if not self.due:
            return ""
        names = ", ".join(label_of(job.name) for job in self.due)
        return (
            f"The time did not suffice for these yardsticks: {names}; a resume with a longer "
            "--time-budget fits them."
        )
