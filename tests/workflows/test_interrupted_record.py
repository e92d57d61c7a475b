"""An interrupt outside of the trials: the record of the study ends, too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import fusionnas
from fusionnas.tracking import NullTracker
from fusionnas.tracking.trackers import TRACKERS, TrackerRow
from fusionnas.workflows import driver
from tests.made.searched import SPACE
from tests.made.small_data import small_dataset


class Listening(NullTracker):
    """Remembers what it was told, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def study_started(self, facts: Mapping[str, Any]) -> None:
        self.heard.append("started")

    def study_stopped(self, reason: str) -> None:
        self.heard.append(reason)

    def close(self) -> None:
        self.heard.append("closed")


def test_ctrl_c_before_the_first_job_ends_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    tracker = Listening()
    row = TrackerRow("none", "", lambda record: tracker)
    monkeypatch.setitem(TRACKERS, "none", row)
    monkeypatch.setattr(driver, "ArchitectureStudy", interrupted)
    (tmp_path / "tiny.yaml").write_text(SPACE)
    with pytest.raises(KeyboardInterrupt):
        fusionnas.search(
            str(tmp_path / "tiny.yaml"),
            small_dataset(240),
            trials=1,
            runs=tmp_path / "runs",
            workers=1,
            track=False,
        )
    assert tracker.heard == ["started", "The search was interrupted.", "closed"]
