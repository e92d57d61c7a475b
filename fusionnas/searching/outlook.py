"""The amount of work that a search expects at its start."""

from __future__ import annotations

from dataclasses import dataclass

from fusionnas.searching.time_plan import TimePlan


@dataclass(frozen=True, slots=True)
class Outlook:
    """The facts that a progress display needs."""

    trials: int | None  # in total, with those of earlier runs; None if only time limits
    times: TimePlan  # how the time of the run is divided
    references: int  # reference networks still to be trained
    final: int  # final trainings that follow the trials
    epochs: int  # largest number for each network of a trial
    folds: int  # networks in a trial
    final_folds: int  # networks in a final training
    final_length: float  # mean length of a final training, in trials (with all their networks)
    workers: int  # trainings at a time
    unit: str  # unit of the target
    error: str = "MAE"  # label of the validation error
