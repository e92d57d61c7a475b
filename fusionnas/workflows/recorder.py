"""Connects the study of a search with its tracker and its display."""

from __future__ import annotations

import time
from typing import Any

from fusionnas.searching.jobs import Job, Kind, Result
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.trial_result import OPEN, UNCOUNTED
from fusionnas.studies.folder import StudyFolder
from fusionnas.tracking import Tracker
from fusionnas.workflows.watching import Display


class Recorder:
    """Gets news of every job, passes it on to display and tracker, and adds up the times."""

    def __init__(
        self, display: Display, tracker: Tracker, study: ArchitectureStudy, folder: StudyFolder
    ) -> None:
        self.display = display
        self.tracker = tracker
        self.study = study
        self.folder = folder
        self.busy = 0.0  # seconds that workers spent on networks in this run
        self.yardsticks = 0.0  # seconds of the yardsticks
        self.begun = self.noted = time.monotonic()

    def started(self, job: Job, label: str) -> None:
        self.display.started(job, label)

    def progressed(self, job: Job, progress: Result) -> None:
        self.display.progressed(job, progress)

    def ended(self, job: Job, result: Result) -> None:
        if job.kind is Kind.YARDSTICK:
            self.yardsticks += float(result.get("seconds") or 0)
        else:
            self.busy += float(result.get("segment_seconds") or 0)
        self.display.ended(job, result)
        self.note_time()

    def told(self, number: int) -> None:
        """Record a trial that has entered the study."""
        record = self.study.record(number)
        self.display.told(record)
        self._log(record)

    def log_earlier(self) -> None:
        """Pass the trials of earlier runs to the tracker; it knows which ones it has."""
        for record in self.study.records():
            if record.scheduled and record.state not in (*OPEN, *UNCOUNTED):
                self._log(record)

    def note_time(self) -> None:
        """Add the time since the last call to the study's active seconds, and note what is left."""
        now = time.monotonic()
        self.study.add_active_seconds(now - self.noted)
        self.study.note(self.display.seconds_left())
        self.noted = now

    def efficiency(self, workers: int) -> dict[str, float]:
        """Seconds of the search in all its runs, and the share of this run that was used neither
        for training nor for EFMs."""
        available = workers * (self.noted - self.begun) - self.yardsticks
        overhead = 1 - self.busy / available if available > 0 else 0.0
        return {"search_seconds": self.study.active_seconds, "overhead": overhead}

    def _log(self, record: TrialRecord) -> None:
        result = read_result(self.folder.trial(record.number)) or {}
        trial: dict[str, Any] = {
            "number": record.number,
            "state": record.state,
            "origin": record.origin,
            "proposer": record.proposer,
            "move": record.move,
            "reason": record.reason,
            "architecture": record.architecture,
            "line": record.line,
            "metrics": record.metrics,
            "history": result.get("history", ()),
            "began": record.began,
            "ended": record.ended,
        }
        self.tracker.trial_ended(trial)
