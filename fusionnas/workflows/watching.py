"""The interface of a search's display, and a display that shows nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from fusionnas.searching.jobs import Job, Result
from fusionnas.searching.outlook import Outlook
from fusionnas.searching.queue import Watcher
from fusionnas.searching.records import TrialRecord


class Display(Watcher, Protocol):
    """Shows a run to a person."""

    def say(self, text: str) -> None:
        """Print a line that stays."""

    def phase(self, text: str) -> AbstractContextManager[None]:
        """Show a step that takes seconds and has no progress of its own."""

    def begin(self, records: Sequence[TrialRecord], outlook: Outlook) -> None:
        """The search starts, with the records of the trials of earlier runs."""

    def end(self) -> None:
        """The search is over."""

    def told(self, record: TrialRecord) -> None:
        """A trial was recorded in the study."""

    def seconds_left(self) -> float | None:
        """Until the end of the run; None where that is not known."""


class SilentDisplay:
    """Shows nothing."""

    def started(self, job: Job, label: str) -> None: ...

    def progressed(self, job: Job, progress: Result) -> None: ...

    def ended(self, job: Job, result: Result) -> None: ...

    def say(self, text: str) -> None: ...

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        yield

    def begin(self, records: Sequence[TrialRecord], outlook: Outlook) -> None: ...

    def end(self) -> None: ...

    def told(self, record: TrialRecord) -> None: ...

    def seconds_left(self) -> None: ...
