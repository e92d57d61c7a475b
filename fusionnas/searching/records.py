"""A trial in the form for tables and reports, read from an Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from fusionnas.searching.trial_result import UNCOUNTED, TrialState, is_usable

ACTIVE_SECONDS = "active_seconds"  # attribute of an Optuna study
# attribute of an Optuna study: when its active seconds were noted, and the seconds left then
NOTED = "noted"
PROPOSAL, OUTCOME, RUNG = "proposal", "outcome", "rung"  # attributes of an Optuna trial
RANDOM = "random"  # the origin of proposals that no sampler chose
CARRIED = "carried:"  # the origin of a trial that another study trained begins with this

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial in the form for tables and reports."""

    number: int
    index: int
    state: TrialState
    origin: str
    architecture: Mapping[str, Any]
    line: str
    values: tuple[float, ...]  # values of the objectives; empty unless done
    metrics: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    scheduled: bool = True  # False if it was infeasible before a worker got it
    # the change of another trial's network that led to it: `Move` or `ErrorMove` as plain data
    move: Mapping[str, Any] | None = None
    proposer: str | None = None  # for the adaptive sampler: the proposer that was chosen
    began: float | None = None  # when it was asked for, in seconds since 1970
    ended: float | None = None  # when its outcome was recorded
    ranked: bool = False  # whether it was ranked against others at a rung

    @property
    def usable(self) -> bool:
        """Whether it was trained to its end and learned something."""
        return is_usable({**self.metrics, "state": self.state})

    @property
    def fair(self) -> bool:
        """Whether no result selected it: drawn at random, and its length not decided at a rung."""
        return self.origin == RANDOM and not self.ranked

    @property
    def counts(self) -> bool:
        """Whether it counts towards the number of trials: a worker of this study had it."""
        ours = self.scheduled and not self.origin.startswith(CARRIED)
        return ours and self.state not in UNCOUNTED


def records_of(study: optuna.Study) -> list[TrialRecord]:
    """All trials, by number, except those that only wait to be repeated."""
    trials = study.get_trials(deepcopy=False)
    return [record_of(frozen) for frozen in trials if frozen.state != OptunaState.WAITING]


def proposal_of(frozen: FrozenTrial) -> Mapping[str, Any]:
    """The proposal of a trial; only a part of it if the process ended while asking for it."""
    return frozen.user_attrs.get(PROPOSAL, {})


def state_of(frozen: FrozenTrial) -> TrialState:
    """The state of a trial in this package's words."""
    if frozen.state in (OptunaState.RUNNING, OptunaState.WAITING):
        waits = frozen.user_attrs.get(RUNG, {}).get("waits")
        return TrialState.WAITING if waits else TrialState.RUNNING
    return TrialState(frozen.user_attrs.get(OUTCOME, {}).get("state", TrialState.INTERRUPTED))


def is_repetition(frozen: FrozenTrial) -> bool:
    """Whether it got the result of an earlier trial; called for thousands of trials at a time."""
    outcome = frozen.user_attrs.get(OUTCOME)
    return outcome is not None and outcome["state"] == TrialState.DUPLICATE


def record_of(frozen: FrozenTrial) -> TrialRecord:
    """The record of one trial."""
    proposal, outcome = proposal_of(frozen), frozen.user_attrs.get(OUTCOME, {})
    return TrialRecord(
        number=frozen.number,
        index=proposal.get("index", -1),
        state=state_of(frozen),
        origin=proposal.get("origin", ""),
        architecture=proposal.get("architecture", {}),
        line=proposal.get("line", ""),
        values=tuple(frozen.values or ()),
        metrics=outcome.get("metrics", {}),
        reason=outcome.get("reason"),
        scheduled=outcome.get("scheduled", True),
        move=proposal.get("move"),
        proposer=proposal.get("proposer"),
        ranked=RUNG in frozen.user_attrs,
        began=None if frozen.datetime_start is None else frozen.datetime_start.timestamp(),
        ended=None if frozen.datetime_complete is None else frozen.datetime_complete.timestamp(),
    )
