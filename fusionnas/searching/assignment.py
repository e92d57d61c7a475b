"""One training of an evaluation: the architecture and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusionnas.networks.architecture import Architecture
from fusionnas.searching.jobs import Job


@dataclass(frozen=True, slots=True)
class Assignment:
    """One architecture to train, and the options of this training."""

    architecture: Architecture
    seed: int
    folder: Path
    latency_bound: float | None = None  # ms; None: the latency is not measured
    until: int | None = None  # the rung at which the training pauses
    epochs: int | None = None  # None: the number of the recipe
    final: bool = False  # train all folds and keep the network of each
    first_fold: bool = False  # train the network of the first fold only
    # Key of a judged training whose network is refitted to all training and validation rows. Its
    # error is then not known.
    refits: str | None = None

    @property
    def predicts(self) -> bool:
        """Whether the network is for predictions, so that it needs no clusters of its elements."""
        return self.final or self.refits is not None

    @classmethod
    def of(cls, job: Job, folder: Path) -> Assignment:
        given = dict(job.payload)
        architecture = Architecture.from_dict(given.pop("architecture"))
        return cls(architecture, given.pop("seed"), folder, **given)
