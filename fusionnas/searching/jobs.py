"""The jobs of the driver for the workers, and their reports. Nothing here knows Ray or Optuna."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Protocol

# plain data; its "state" is running, done, failed or infeasible, or unwritten if the study folder
# could not be written
Result = Mapping[str, Any]


class Kind(StrEnum):
    """The kind of a job; its value is the study's folder that holds all jobs of this kind."""

    TRIAL = "trials"
    REFERENCE = "references"
    YARDSTICK = "yardsticks"
    FINAL = "final"

    @property
    def noun(self) -> str:
        """A name for people."""
        return _NOUNS[self]


_NOUNS = {
    Kind.TRIAL: "trial",
    Kind.REFERENCE: "reference",
    Kind.YARDSTICK: "yardstick",
    Kind.FINAL: "final training",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: a trial, a reference network, a yardstick, a final training."""

    key: str  # unique in a study; also its folder there: "trials/12"
    payload: Mapping[str, Any]  # plain data

    @property
    def kind(self) -> Kind:
        return Kind(self.key.partition("/")[0])

    @property
    def name(self) -> str:
        """Name of the job among those of its kind: "12"."""
        return self.key.partition("/")[2]


class Nothing(Enum):
    """The reason why there is no job: ask again later, or never."""

    YET = "yet"
    MORE = "more"


class JobQueue(Protocol):
    """The driver's side; every method is called from the driver's main thread."""

    def next(self) -> Job | Nothing:
        """A job to start now."""

    def report(self, job: Job, progress: Result) -> None:
        """A job made progress, for example by one epoch."""

    def finished(self, job: Job, result: Result) -> None:
        """A job ended, well or not; see `result["state"]`."""

    def lost(self, job: Job, reason: str) -> None:
        """The worker of a job died."""

    def cut_off(self) -> None:
        """No job is running any more; jobs that did not end were cut off."""


# In a worker: turns the shared data into a function from a job to its progress; the last item is
# the result.
Work = Callable[[Job], Iterator[Result]]
MakeWork = Callable[[Any], Work]
