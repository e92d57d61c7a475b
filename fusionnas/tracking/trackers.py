"""The trackers that can keep a record of a study, one row each.

A new row is a new tracker: the options of a search and their help read the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.tracking.mlflow_registry import WriteModel
from fusionnas.tracking.mlflow_runs import LeftAt
from fusionnas.tracking.tracker import NullTracker, Tracker


@dataclass(frozen=True, slots=True)
class Record:
    """The facts with which a tracker is opened."""

    runs: Path  # folder of all studies
    uri: str | None  # URI of a server or database; None is the tracker's default
    write_model: WriteModel  # writes a bundle as an MLflow model
    left_at: LeftAt  # when the search of a study was killed


@dataclass(frozen=True, slots=True)
class TrackerRow:
    """One way to keep a record."""

    name: str  # name in `--track`
    about: str  # description for people who choose
    open: Callable[[Record], Tracker]
    takes_uri: bool = False  # whether it uses `--tracking-uri`


def _mlflow(record: Record) -> Tracker:
    # imported here: only a tracked study needs MLflow
    from fusionnas.tracking.mlflow_tracker import MlflowTracker

    if record.uri is not None:
        return MlflowTracker(record.uri, None, record.write_model, record.left_at)
    database = f"sqlite:///{(record.runs / 'mlflow.db').absolute()}"
    artifacts = record.runs / "mlartifacts"
    return MlflowTracker(database, artifacts, record.write_model, record.left_at)


TRACKERS: dict[str, TrackerRow] = {
    row.name: row
    for row in (
        TrackerRow("mlflow", "a run for each trial", _mlflow, takes_uri=True),
        TrackerRow("none", "no further record", lambda record: NullTracker()),
    )
}


def find_tracker(track: bool | str, uri: str | None = None) -> TrackerRow:
    """The tracker that options ask for.

    Args:
        track: name of the tracker; True is mlflow, False is none.
        uri: value of `--tracking-uri`.

    Raises:
        OptionError: there is no such tracker, or it does not use a URI.
    """
    name = track if isinstance(track, str) else "mlflow" if track else "none"
    if name not in TRACKERS:
        raise OptionError(f"There is no tracker '{name}'; {did_you_mean(name, TRACKERS)}")
    row = TRACKERS[name]
    if uri is not None and not row.takes_uri:
        raise OptionError(
            f"The tracker '{name}' writes to no server or database. Leave --tracking-uri out, or "
            "choose another tracker with --track."
        )
    return row
