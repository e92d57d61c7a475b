"""The result of a trial in its folder, and the states of trials: plain data, read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import pandas as pd


class TrialState(StrEnum):
    """The state of a trial, stored and shown as its value; Optuna has other states."""

    RUNNING = "running"
    PAUSED = "paused"  # reported by a worker for a training that stopped at a rung
    WAITING = "waiting"  # at a rung, until it is promoted or stopped
    DONE = "done"
    FAILED = "failed"
    INFEASIBLE = "infeasible"  # it cannot be built, or exceeds a limit
    STOPPED = "stopped"  # it waited at a rung when the search ended
    INTERRUPTED = "interrupted"  # cut off, and proposed again by a resume
    DUPLICATE = "duplicate"  # it got the recorded result of an earlier trial
    UNWRITTEN = "unwritten"  # reported by a worker if the study's folder cannot be written


OPEN = (TrialState.RUNNING, TrialState.WAITING)  # trials that may continue
UNSUCCESSFUL = (TrialState.FAILED, TrialState.INFEASIBLE)
UNCOUNTED = (TrialState.DUPLICATE, TrialState.INTERRUPTED)  # not among the number of trials


UNRESOLVED = "unresolved"  # field of a final training whose EFM has no element resolution


class TrialResult(TypedDict, total=False):
    """`result.json` of a network: a trial, a reference or a final training.

    The file of a yardstick has the state, the reason, the error and the seconds. Errors are those
    of the validation part, or of the held-out rows of the folds, in the unit of the target.
    """

    state: TrialState
    reason: str | None  # the reason if it is not done
    architecture: Mapping[str, Any]
    line: str  # the architecture in one line
    seed: int
    parameters: int  # trainable ones
    # and val_rmse, for numbers; classes have `val_log_loss` and others instead, several targets
    # `val_relative_mae` and for each `val_mae/NAME`, `val_rmse/NAME` and `order_gap/NAME`
    val_mae: float
    val_rmse: float
    skill: float  # 1 - error / error of the best constant
    collapsed: bool  # whether the skill is so small that the network learned nothing
    best_epoch: int
    averaged: int  # number of steps whose weights were averaged up to that epoch; 1 is no average
    start_mae: float  # error of the trained weights at the start of a fine-tuning
    epochs: int  # only of a final training; of a refit, those of the judged training
    refit_epochs: int  # only of a refit
    batch_size: int  # half of the recipe's, if memory ran out
    history: list[dict[str, float]]  # one row for each epoch
    rungs: list[Mapping[str, Any]]  # the report at each rung
    cecv: Mapping[str, Any]  # `Cecv.to_dict()` of the best weights
    cecv_untrained: Mapping[str, Any]
    cecv_spread: list[float]  # standard deviation of the counts over folds
    fold_maes: list[float]  # the task's error of each fold
    order_gap: float
    latency_ms: float
    train_seconds: float
    efm_seconds: float
    unresolved: bool  # true if the network of a final training tells no elements apart
    seconds: float  # only of a yardstick
    segment_seconds: float  # of this part of the training; reported, not stored


def is_usable(result: Mapping[str, Any] | None) -> bool:
    """Whether a network was trained to its end and learned something; `result` is as above.

    For tables use `usable_rows`.
    """
    if result is None or result["state"] != TrialState.DONE:
        return False
    return not result.get("collapsed")


def too_slow(latency: float, bound: float) -> str | None:
    """The reason why a network with this latency in ms is infeasible; None if it is not."""
    if latency <= bound:
        return None
    return f"latency {latency:.3g} ms is over the limit of {bound:g} ms"


def usable_rows(trials: pd.DataFrame) -> pd.Series:
    """The same for each row of `trials.csv`; the columns are missing if no trial has a value."""
    usable = trials["state"] == TrialState.DONE
    if "collapsed" in trials:
        # True, False, or empty for trials that were not done
        usable &= trials["collapsed"].astype(str) != "True"
    return usable
