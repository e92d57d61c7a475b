"""What a training tells of itself, and how files keep it: errors under the names of its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fusionnas.tasks.task import Task


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What one epoch came to."""

    epoch: int  # from 1
    train_loss: float  # mean over steps, of the standardised target
    val_error: float  # the task's, in the unit of the target
    learning_rate: float  # at the end of the epoch, of the part that learns fastest
    seconds: float

    def to_dict(self, task: Task) -> dict[str, Any]:
        """As files keep it, with the error under the task's name for it."""
        names = {"val_error": task.error.key("val")}
        return {names.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], task: Task) -> EpochRecord:
        """What `to_dict` gave."""
        names = {task.error.key("val"): "val_error"}
        return cls(**{names.get(name, name): value for name, value in plain.items()})


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training came to; the network holds the weights with the lowest validation error."""

    task: Task
    scores: Mapping[str, float]  # of validation, by the task's keys
    skill: float
    best_epoch: int  # from 1; 0 where the trained weights that it began with stayed the best
    averaged: int  # weights whose mean was kept, the last of them of that epoch; 1 is no mean
    parameters: int
    train_seconds: float
    history: tuple[EpochRecord, ...]
    start_error: float | None = None  # of validation, of the trained weights that it began with

    @property
    def val_error(self) -> float:
        """The task's, in the unit of the target."""
        return self.scores[self.task.error.key("val")]

    @property
    def collapsed(self) -> bool:
        """Whether the network is hardly better than the best constant."""
        return self.task.collapsed(self.skill)

    def to_dict(self) -> dict[str, Any]:
        """As files keep it."""
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
