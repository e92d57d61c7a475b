"""The state of a study, read from outside while a search may be running."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fusionnas.data.reading.classes import REGRESSION
from fusionnas.errors import FusionNASError, StudyError
from fusionnas.searching.final_training import count_done
from fusionnas.searching.records import ACTIVE_SECONDS, NOTED, TrialRecord, records_of
from fusionnas.searching.selection import front, recommended
from fusionnas.searching.trial_counts import TrialCounts, count
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.tasks.kinds import TASKS
from fusionnas.tasks.task import Metric

FINISHED, RUNNING, STOPPED, UNREADABLE = "finished", "running", "stopped", "unreadable"
# what reading a study ends in where a file of it lacks a field, or has something else there
DAMAGES = (KeyError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """The state of a study at one moment."""

    name: str
    state: str  # running, finished or stopped
    space: str
    data: str
    unit: str
    trials: TrialCounts
    references: int  # finished reference trainings
    final_trainings: int  # trainings of the best networks after the trials that have finished
    active_seconds: float  # of searching
    front: int  # number of networks on the front
    best: Mapping[str, Any] | None  # number, line and validation error of the best network so far
    running: tuple[Mapping[str, Any], ...]  # number and line of trials in training, or cut off
    # only of a finished study: number, line, validation and test error of the recommended network
    recommended: Mapping[str, Any] | None = None
    predictor_test_error: float | None = None  # only of a finished study with a predictor
    seconds_left: float | None = None  # until a running search ends, as its driver expects
    task: str = REGRESSION
    problem: str = ""  # the reason if the study cannot be read

    @property
    def error(self) -> Metric:
        """What judges predictions: the first metric of the task."""
        return TASKS[self.task].error

    @property
    def trials_per_hour(self) -> float | None:
        """Finished trials per hour of active time."""
        done = self.trials.done
        return 3600 * done / self.active_seconds if done and self.active_seconds else None

    @property
    def test_error(self) -> float | None:
        """Test error of what the study predicts with: predictor or recommended network."""
        if self.predictor_test_error is not None:
            return self.predictor_test_error
        return None if self.recommended is None else self.recommended[self.error.key("test")]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; `trials` by state, with `counted` and `collapsed` beside it."""
        plain = asdict(self)
        counts = plain.pop("trials")
        return plain | {
            "trials": counts["by_state"],
            "counted": counts["counted"],
            "collapsed": counts["collapsed"],
            f"predictor_{self.error.key('test')}": plain.pop("predictor_test_error"),
            self.error.key("test"): self.test_error,
            "trials_per_hour": self.trials_per_hour,
        }


def status(study: str | Path, runs: str | Path = RUNS) -> StudyStatus:
    """Read the state of a study; nothing in it is changed.

    Args:
        study: name or path of the study.
        runs: folder of all studies.

    Raises:
        StudyError: there is no such study, or its files are damaged.
    """
    folder = StudyFolder.find(study, Path(runs))
    try:
        return _read(folder)
    except FusionNASError:
        raise
    except DAMAGES as e:
        raise StudyError(f"{folder.name}: {_damaged(e)}") from e


def all_studies(runs: str | Path = RUNS) -> list[StudyStatus]:
    """The states of all studies in a folder, the newest first.

    A study that cannot be read is included, with the reason in `problem`.
    """
    found = []
    for path in Path(runs).glob("*/study.yaml"):
        folder = StudyFolder(path.parent)
        try:
            found.append((str(folder.facts.get("created", "")), _read(folder)))
        except (FusionNASError, *DAMAGES) as e:
            nothing = TrialCounts({}, 0, 0)
            why = str(e) if isinstance(e, FusionNASError) else _damaged(e)
            broken = StudyStatus(
                folder.name, UNREADABLE, "", "", "", nothing, 0, 0, 0.0, 0, None, (), problem=why
            )
            found.append(("", broken))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].name), reverse=True)]


def _damaged(error: Exception) -> str:
    return f"its files are damaged ({error})"


def _read(folder: StudyFolder) -> StudyStatus:
    facts = folder.facts
    records: list[TrialRecord] = []
    seconds, noted = 0.0, None
    with suppress(StudyError):  # the search has just begun and has no study yet
        stored = folder.open_study()
        records = records_of(stored)
        seconds = float(stored.user_attrs.get(ACTIVE_SECONDS, 0.0))
        noted = stored.user_attrs.get(NOTED)
    counts = count(records)
    best = recommended(records)
    running = [r for r in records if r.state == TrialState.RUNNING]
    state, summary = _state(folder, counts)
    left = None
    if state == RUNNING and noted:
        since = max(0.0, time.time() - noted["at"])
        seconds += since
        left = None if noted["left"] is None else max(0.0, noted["left"] - since)
    chosen = summary.get("chosen")
    error = folder.task.error
    keys = error.key("val"), error.key("test")
    return StudyStatus(
        name=folder.name,
        state=state,
        space=facts["space"]["name"],
        data=facts["data"]["name"],
        unit=facts["data"]["unit"],
        trials=counts,
        references=len(folder.references()),
        final_trainings=count_done(folder.path),
        active_seconds=seconds,
        front=len(front(records)),
        best=None if best is None else _named(best) | {error.key("val"): best.values[0]},
        running=tuple(map(_named, running)),
        recommended=None
        if chosen is None
        else {name: chosen[name] for name in ("number", "line", *keys)},
        predictor_test_error=(summary.get("predictor") or {}).get(keys[1]),
        task=facts["data"].get("task", REGRESSION),
        seconds_left=left,
    )


def _named(record: TrialRecord) -> dict[str, Any]:
    return {"number": record.number, "line": record.line}


def _state(folder: StudyFolder, counts: TrialCounts) -> tuple[str, Mapping[str, Any]]:
    """Whether a driver is running, and the summary of a finished study.

    A study is finished if its summary covers all its trials.
    """
    if folder.is_locked:
        return RUNNING, {}
    try:
        summary = folder.summary()
    except StudyError:
        return STOPPED, {}
    return (FINISHED, summary) if summary["trials"] == counts.by_state else (STOPPED, {})


def about(seconds: float) -> str:
    """How long something still takes, as an estimate."""
    return f"about {duration(seconds)}" if seconds else "a moment"


def duration(seconds: float) -> str:
    """Minutes and seconds, as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
