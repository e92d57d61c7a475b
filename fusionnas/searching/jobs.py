"""What the driver hands to workers, and how it hears of it. Nothing here knows Ray or Optuna."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Protocol

# plain data; its "state" is running, done, failed, infeasible, or unwritten where the study folder
# could not be written
Result = Mapping[str, Any]


class Kind(StrEnum):
    """What a job is; its value is the folder of the study that holds all of the kind."""

    TRIAL = "trials"
    REFERENCE = "references"
    YARDSTICK = "yardsticks"
    FINAL = "final"

    @property
    def noun(self) -> str:
        """For people."""
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

    key: str  # unique in a study, and its folder there: "trials/12"
    payload: Mapping[str, Any]  # plain data

    @property
    def kind(self) -> Kind:
        return Kind(self.key.partition("/")[0])

    @property
    def name(self) -> str:
        """Of the job among those of its kind: "12"."""
        return self.key.partition("/")[2]


class Nothing(Enum):
    """Why there is no job: ask again later, or never."""

    YET = "yet"
    MORE = "more"


class JobQueue(Protocol):
    """The driver's side; every method is called from the driver's main thread."""

    def next(self) -> Job | Nothing:
        """A job to start now."""

    def report(self, job: Job, progress: Result) -> None:
        """A job came one step further, such as an epoch."""

    def finished(self, job: Job, result: Result) -> None:
        """A job ended, well or not; `result["state"]` says."""

    def lost(self, job: Job, reason: str) -> None:
        """The worker of a job died."""

    def cut_off(self) -> None:
        """No job runs any more; those that did not end were cut off."""


# In a worker: what was shared becomes a function from a job to its progress; the last item is the
# result.
Work = Callable[[Job], Iterator[Result]]
MakeWork = Callable[[Any], Work]
