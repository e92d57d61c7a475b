"""A tracker is one row: it can be chosen by its name, and what cannot be is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import fusionnas
from fusionnas.errors import OptionError
from fusionnas.tracking.mlflow_tracker import MlflowTracker
from fusionnas.tracking.tracker import NullTracker, Tracker
from fusionnas.tracking.trackers import TRACKERS, Record, TrackerRow, find_tracker


class Diary(NullTracker):
    """Keeps the names of the studies that began."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.began: list[str] = []

    def study_started(self, facts: Mapping[str, Any]) -> None:
        self.began.append(str(facts["name"]))


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> None:
    row = TrackerRow("diary", "names alone", Diary, takes_uri=True)
    monkeypatch.setitem(TRACKERS, "diary", row)


def never(bundle: Path, out: Path) -> None:
    raise AssertionError("no model is to be written")


def nothing_left(name: str, study: str) -> float | None:
    return None


def opened(folder: Path, track: bool | str, uri: str | None = None) -> Tracker:
    return find_tracker(track, uri).open(Record(folder, uri, never, nothing_left))


def test_one_more_row_is_one_more_tracker(tmp_path: Path, diary: None) -> None:
    tracker = opened(tmp_path, "diary", "a place")
    assert isinstance(tracker, Diary)
    assert tracker.record == Record(tmp_path, "a place", never, nothing_left)
    tracker.study_started({"name": "mine"})
    assert tracker.began == ["mine"]


def test_true_and_false_are_mlflow_and_none(tmp_path: Path) -> None:
    assert isinstance(opened(tmp_path, False), NullTracker)
    tracker = opened(tmp_path, True)
    assert isinstance(tracker, MlflowTracker)
    assert tracker.uri.endswith("/mlflow.db")
    assert tracker.close() is None


@pytest.mark.parametrize(
    ("track", "uri", "message"),
    [
        ("mflow", None, "There is no tracker 'mflow'; did you mean 'mlflow'?"),
        ("none", "http://x", "The tracker 'none' writes to no server"),
        (False, "http://x", "The tracker 'none' writes to no server"),
    ],
)
def test_a_search_refuses_what_it_cannot_keep(
    track: bool | str, uri: str | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=message.replace("?", r"\?")):
        fusionnas.search(track=track, tracking_uri=uri, runs=tmp_path)
