"""The record of a search in an Optuna study: proposals, outcomes, and the time that it took.

The driver is the study's only writer. Each Optuna trial has two attributes: `proposal` (index,
origin, identity, architecture), set when it is asked for, and `outcome` (state, reason, metrics),
set when it ends. Its Optuna state is COMPLETE for done trials. It is PRUNED without values for
failed, infeasible and stopped trials and for duplicates of them: samplers learn nothing from FAIL,
which is used for interrupted trials only. This package's own states are in `outcome`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial
from optuna.trial import TrialState as OptunaState

from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.private_names import queued_parameters
from fusionnas.searching.records import (
    ACTIVE_SECONDS,
    NOTED,
    OUTCOME,
    PROPOSAL,
    RUNG,
    TrialRecord,
    proposal_of,
    record_of,
    records_of,
)
from fusionnas.searching.trial_result import UNSUCCESSFUL, TrialState

# the parts of a proposal that are known before it is asked for
PLANNED = ("index", "origin", "move", "proposer")


class RecordedStudy:
    """An Optuna study with the trials that are open, and what is recorded of all.

    Args:
        study: Optuna study that stores the trials.
        objectives: names of the quantities to minimise.
    """

    def __init__(self, study: optuna.Study, objectives: Sequence[str] = DEFAULT) -> None:
        self.study = study
        self.objectives = tuple(objectives)
        self.open: dict[int, Trial] = {}  # asked for, not yet recorded

    @staticmethod
    def open_storage(
        url: str | BaseStorage, name: str, objectives: int = len(DEFAULT)
    ) -> optuna.Study:
        """The study of that name; it is made for so many objectives if it does not exist."""
        return optuna.create_study(
            storage=url, study_name=name, directions=["minimize"] * objectives, load_if_exists=True
        )

    def tell(
        self,
        number: int,
        state: TrialState,
        values: Sequence[float] = (),
        metrics: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Record the end of a trial.

        Args:
            number: number of the proposal.
            state: done, failed, infeasible, stopped or interrupted.
            values: values of the objectives, finite; only for done trials.
            metrics: values for tables, plain data.
            reason: the reason if it is not done.
        """
        trial = self.open[number]
        if state == TrialState.DONE and not all(map(math.isfinite, values)):
            # Optuna would accept an infinite value as a result
            reason = f"an objective is not finite: {list(values)}"
            state, values = TrialState.FAILED, ()
        self._close(trial, state, values, metrics, reason)

    def pause(self, number: int, rung: int, error: float) -> None:
        """Record that a trial waits at a rung; samplers that use the error learn from it."""
        look = {"rung": rung, self.objectives[0]: error, "waits": True}
        self.open[number].set_user_attr(RUNG, look)

    def leave_rung(self, number: int) -> None:
        """Record that a trial leaves its rung for the next."""
        trial = self.open[number]
        trial.set_user_attr(RUNG, {**trial.user_attrs[RUNG], "waits": False})

    def set_aside(self, number: int) -> None:
        """Close a trial that was cut off; a resume proposes it again."""
        self._interrupt(self.open[number], self.study.get_trials(deepcopy=False)[number])

    def counted(self) -> int:
        """Number of trials that count: a worker of this study got them."""
        return sum(record.counts for record in self.records())

    def records(self) -> list[TrialRecord]:
        """All trials, by number, except those that only wait to be repeated."""
        return records_of(self.study)

    def in_order_of_ending(self) -> list[TrialRecord]:
        """All trials; first those that ended, in the order of their end."""
        trials = [
            t for t in self.study.get_trials(deepcopy=False) if t.state != OptunaState.WAITING
        ]
        trials.sort(key=lambda t: (t.datetime_complete or datetime.max, t.number))
        return [record_of(frozen) for frozen in trials]

    def record(self, number: int) -> TrialRecord:
        """The record of one trial."""
        return record_of(self.study.get_trials(deepcopy=False)[number])

    @property
    def active_seconds(self) -> float:
        return float(self.study.user_attrs.get(ACTIVE_SECONDS, 0.0))

    def add_active_seconds(self, seconds: float) -> None:
        self.study.set_user_attr(ACTIVE_SECONDS, self.active_seconds + seconds)

    def note(self, seconds_left: float | None) -> None:
        """Record how long the search still takes from now, for those who look from outside."""
        self.study.set_user_attr(NOTED, {"at": time.time(), "left": seconds_left})

    def _enqueue(self, params: Mapping[str, Any], planned: Mapping[str, Any]) -> None:
        self.study.enqueue_trial(dict(params), user_attrs={PROPOSAL: dict(planned)})

    def _interrupt(self, trial: Trial, frozen: FrozenTrial) -> bool:
        """Ask for the parameters again, then close: a kill between the two steps loses nothing.

        Returns:
            Whether the parameters are known. They are not if the process ended while a sampler drew
            them; those that were queued are known from the start.
        """
        proposal = proposal_of(frozen)
        params = frozen.params if "identity" in proposal else queued_parameters(frozen)
        known = bool(params) and "index" in proposal
        if known:
            kept = {key: proposal[key] for key in PLANNED if key in proposal}
            self._enqueue(params, kept)
        self._close(trial, TrialState.INTERRUPTED)
        return known

    def _close(
        self,
        trial: Trial,
        state: TrialState,
        values: Sequence[float] = (),
        metrics: Mapping[str, Any] | None = None,
        reason: str | None = None,
        fails: bool = False,
        scheduled: bool = True,
    ) -> None:
        outcome: dict[str, Any] = {"state": state, "reason": reason, "metrics": dict(metrics or {})}
        if not scheduled:
            outcome["scheduled"] = False
        trial.set_user_attr(OUTCOME, outcome)
        if state in UNSUCCESSFUL or fails:
            trial.set_constraint("failed", 1.0)
        if values:
            self.study.tell(trial, list(values))
        else:
            # an interruption says nothing about the architecture; samplers ignore FAIL
            failed = state == TrialState.INTERRUPTED
            self.study.tell(trial, state=OptunaState.FAIL if failed else OptunaState.PRUNED)
        self.open.pop(trial.number, None)
