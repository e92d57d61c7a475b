"""What a worker leaves of a trial, and how a trial stands: plain data, read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import pandas as pd


class TrialState(StrEnum):
    """How a trial stands. Stored and shown as its value; Optuna's own states are others."""

    RUNNING = "running"
    PAUSED = "paused"  # what a worker says of a training that stopped at a rung
    WAITING = "waiting"  # at a rung, for its turn
    DONE = "done"
    FAILED = "failed"
    INFEASIBLE = "infeasible"  # it can't be built, or is over a limit
    STOPPED = "stopped"  # it waited at a rung when the search ended
    INTERRUPTED = "interrupted"  # cut off, and proposed again by a resume
    DUPLICATE = "duplicate"  # answered from the record of an earlier trial
    UNWRITTEN = "unwritten"  # what a worker says where the study's folder can't be written


OPEN = (TrialState.RUNNING, TrialState.WAITING)  # trials that go on
UNSUCCESSFUL = (TrialState.FAILED, TrialState.INFEASIBLE)
UNCOUNTED = (TrialState.DUPLICATE, TrialState.INTERRUPTED)  # not among the number of trials


class TrialResult(TypedDict, total=False):
    """`result.json` of a network: a trial, a reference or a final training.

    That of a yardstick has its state, the reason, its error and the seconds. Errors are of the
    validation part, or of the rows that the folds held out, in the unit of the target.
    """

    state: TrialState
    reason: str | None  # why it was not done
    architecture: Mapping[str, Any]
    line: str  # the architecture in one line
    seed: int
    parameters: int  # trainable ones
    val_mae: float
    val_rmse: float
    skill: float  # 1 - MAE / MAE of the median predictor
    collapsed: bool  # whether the skill is so small that the network learned nothing
    best_epoch: int
    averaged: int  # weights of so many steps up to that epoch were averaged; 1 is no average
    start_mae: float  # of the trained weights that a fine-tuning began with
    epochs: int  # of a final training
    batch_size: int  # where memory ran out: half of the recipe's
    history: list[dict[str, float]]  # a row an epoch
    rungs: list[Mapping[str, Any]]  # a look at each rung
    cecv: Mapping[str, Any]  # `Cecv.to_dict()`, of the best weights
    cecv_untrained: Mapping[str, Any]
    cecv_spread: list[float]  # standard deviation of the counts over folds
    fold_maes: list[float]
    order_gap: float
    latency_ms: float
    train_seconds: float
    efm_seconds: float
    seconds: float  # of a yardstick
    segment_seconds: float  # of this part of the training; told, not stored


def is_usable(result: Mapping[str, Any] | None) -> bool:
    """Whether a network was trained to its end and learned something; `result` is as above.

    For tables see `usable_rows`.
    """
    if result is None or result["state"] != TrialState.DONE:
        return False
    return not result.get("collapsed")


def usable_rows(trials: pd.DataFrame) -> pd.Series:
    """The same of each row of `trials.csv`; a column that no trial has is not there."""
    usable = trials["state"] == TrialState.DONE
    if "collapsed" in trials:
        # True, False, or nothing in the rows of trials that were not done
        usable &= trials["collapsed"].astype(str) != "True"
    return usable
