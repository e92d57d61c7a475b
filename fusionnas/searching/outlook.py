"""What lies before a search when it starts."""

from __future__ import annotations

from dataclasses import dataclass

from fusionnas.searching.time_plan import TimePlan


@dataclass(frozen=True, slots=True)
class Outlook:
    """What whoever shows its progress needs to know."""

    trials: int | None  # in all, those of earlier parts among them; None where time is the limit
    times: TimePlan  # how long the run may take
    references: int  # reference networks that are yet to be trained
    final: int  # final trainings that follow the trials
    epochs: int  # of each network of a trial at most
    folds: int  # networks of a trial
    final_folds: int  # networks of a final training
    final_length: float  # of one: how often the epochs of a trial, of all its networks, go into it
    workers: int  # trainings at a time
    unit: str  # of the target
