"""The state of a study, read from outside while a search may be running."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fusionnas.errors import StudyError
from fusionnas.searching.records import TrialRecord, records_of
from fusionnas.searching.selection import front, recommended
from fusionnas.searching.study import ACTIVE_SECONDS
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import RUNS, StudyFolder


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """The state of a study at one moment."""

    name: str
    state: str  # running, finished or stopped
    space: str
    data: str
    unit: str
    trials: Mapping[str, int]  # number by state
    counted: int  # trials that count towards --trials
    references: int  # finished reference trainings
    active_seconds: float  # of searching, as far as recorded
    front: int  # number of networks on the front
    best: Mapping[str, Any] | None  # number, line and val_mae of the best network so far
    running: tuple[Mapping[str, Any], ...]  # number and line of trials in training, or cut off

    @property
    def trials_per_hour(self) -> float | None:
        """Finished trials per hour of active time."""
        done = self.trials.get("done", 0)
        return 3600 * done / self.active_seconds if done and self.active_seconds else None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"trials_per_hour": self.trials_per_hour}


def status(study: str | Path, runs: str | Path = RUNS) -> StudyStatus:
    """Read the state of a study; nothing in it is changed.

    Args:
        study: name or path of the study.
        runs: folder of all studies.

    Raises:
        StudyError: there is no such study.
    """
    folder = StudyFolder.find(study, Path(runs))
    facts = folder.facts
    records: list[TrialRecord] = []
    seconds = 0.0
    with suppress(StudyError):  # the search has just begun and has no study yet
        stored = folder.open_study()
        records = records_of(stored)
        seconds = float(stored.user_attrs.get(ACTIVE_SECONDS, 0.0))
    best = recommended(records)
    running = [r for r in records if r.state == TrialState.RUNNING]
    return StudyStatus(
        name=folder.name,
        state=_state(folder, records),
        space=facts["space"]["name"],
        data=facts["data"]["name"],
        unit=facts["data"]["unit"],
        trials=dict(Counter(r.state for r in records)),
        counted=sum(r.counts for r in records),
        references=len(folder.references()),
        active_seconds=seconds,
        front=len(front(records)),
        best=None if best is None else _named(best) | {"val_mae": best.values[0]},
        running=tuple(map(_named, running)),
    )


def _named(record: TrialRecord) -> dict[str, Any]:
    return {"number": record.number, "line": record.line}


def _state(folder: StudyFolder, records: list[TrialRecord]) -> str:
    """Whether a driver is running; a study is finished if its summary covers all its trials."""
    if folder.is_locked:
        return "running"
    try:
        known = folder.summary()["trials"]
    except StudyError:
        return "stopped"
    return "finished" if known == Counter(r.state for r in records) else "stopped"
