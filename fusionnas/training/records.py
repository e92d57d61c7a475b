"""The records of a training, and their form in files: errors have the names of the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fusionnas.tasks.task import Task


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """The results of one epoch."""

    epoch: int  # from 1
    train_loss: float  # mean over steps, of the standardised target
    val_error: float  # the task's error, in the unit of the target
    learning_rate: float  # at the end of the epoch, of the part that learns fastest
    seconds: float

    def to_dict(self, task: Task) -> dict[str, Any]:
        """The form in files, with the task's name for the error."""
        names = {"val_error": task.error.key("val")}
        return {names.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], task: Task) -> EpochRecord:
        """Read the result of `to_dict`."""
        names = {task.error.key("val"): "val_error"}
        return cls(**{names.get(name, name): value for name, value in plain.items()})


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The results of a training; the network has the weights with the lowest validation error."""

    task: Task
    scores: Mapping[str, float]  # scores of validation, with the task's keys
    skill: float
    best_epoch: int  # from 1; 0 if the first, trained weights stayed the best
    averaged: int  # number of weights in the kept mean, the last from that epoch; 1 is no mean
    parameters: int
    train_seconds: float
    history: tuple[EpochRecord, ...]
    start_error: float | None = None  # validation error of the trained weights at the start

    @property
    def val_error(self) -> float:
        """The task's error, in the unit of the target."""
        return self.scores[self.task.error.key("val")]

    @property
    def collapsed(self) -> bool:
        """Whether the network is hardly better than the best constant."""
        return self.task.collapsed(self.skill)

    def to_dict(self) -> dict[str, Any]:
        """The form in files."""
        plain = dict(self.scores) | {
            "skill": self.skill,
            "best_epoch": self.best_epoch,
            "averaged": self.averaged,
            "parameters": self.parameters,
            "train_seconds": self.train_seconds,
            "history": tuple(record.to_dict(self.task) for record in self.history),
        }
        if self.start_error is not None:
            plain[self.task.error.key("start")] = self.start_error
        return plain | {"collapsed": self.collapsed}
