"""The interface of a tracker. No method raises an error: a tracker never stops a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    def study_started(self, facts: Mapping[str, Any]) -> None:
        """`facts` as in study.yaml: name, id, space, data, recipe, seed and so on."""

    def trial_ended(self, trial: Mapping[str, Any]) -> None:
        """One ended trial: number, state, origin, reason, architecture, line, metrics, history,
        and when it began and ended in seconds since 1970.

        Recording the same trial again, after a resume, changes nothing.
        """

    def study_ended(
        self, summary: Mapping[str, Any], artifacts: Sequence[Path], bundle: Path
    ) -> None:
        """The summary of a study, files to keep with it, and the recommended network."""

    def study_stopped(self, reason: str) -> None:
        """The search ended without a summary; a resume may follow."""

    def close(self) -> str | None:
        """Wait until everything is written; returns words on what could not be written."""


class NullTracker:
    """Keeps no record."""

    def study_started(self, facts: Mapping[str, Any]) -> None: ...

    def trial_ended(self, trial: Mapping[str, Any]) -> None: ...

    def study_ended(
        self, summary: Mapping[str, Any], artifacts: Sequence[Path], bundle: Path
    ) -> None: ...

    def study_stopped(self, reason: str) -> None: ...

    def close(self) -> str | None:
        return None
