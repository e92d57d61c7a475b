"""The Optuna study behind a search: proposals, outcomes, and the recovery of an earlier run.

The driver is the study's only writer. Each Optuna trial has two attributes: `proposal` (index,
origin, identity, architecture), set when it is asked for, and `outcome` (state, reason, metrics),
set when it ends. Its Optuna state is COMPLETE for done trials. It is PRUNED without values for
failed, infeasible and stopped trials and for duplicates of them: samplers learn nothing from FAIL,
which is used for interrupted trials only. This package's own states are in `outcome`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial
from optuna.trial import TrialState as OptunaState

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.line import line
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.agenda import LEFT, Agenda
from fusionnas.searching.error_effects import Experience
from fusionnas.searching.first_trials import FirstTrial
from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.private_names import open_again
from fusionnas.searching.records import (
    ACTIVE_SECONDS,
    NOTED,
    OUTCOME,
    PROPOSAL,
    RANDOM,
    RUNG,
    TrialRecord,
    proposal_of,
    record_of,
    records_of,
    state_of,
)
from fusionnas.searching.samplers import make_sampler
from fusionnas.searching.trial_result import UNCOUNTED, UNSUCCESSFUL, TrialState
from fusionnas.seeding import sub_seed

REPEATS_TO_EXHAUSTION = 100
# the parts of a proposal that are known before it is asked for
PLANNED = ("index", "origin", "move", "proposer")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An architecture to evaluate."""

    number: int  # number of the Optuna trial, and of its folder
    index: int  # index of the proposal; a repetition after an interruption keeps it
    origin: str  # named:NAME, random, or the sampler
    architecture: Architecture
    # True for the random trials at the start, which the verdict on the band uses. They are trained
    # to their end with any rungs, since networks that pass a rung are no random sample.
    designed: bool = False
    source: Path | None = None  # a finished trial of another study that has the result


class ArchitectureStudy:
    """Makes proposals in order: first trials, random networks, then the sampler's."""

    def __init__(
        self,
        study: optuna.Study,
        space: SearchSpace,
        seed: int,
        sampler: str,
        warm_starts: Sequence[Architecture],
        random_proposals: int,
        *,
        carried: Sequence[FirstTrial] = (),
        objectives: Sequence[str] = DEFAULT,
        misfit: Callable[[Architecture], str | None] = lambda architecture: None,
        experience: Experience | None = None,
    ) -> None:
        """
        Args:
            study: Optuna study that stores the trials.
            space: what can be proposed.
            seed: master seed.
            sampler: a name of `fusionnas.searching.samplers`.
            warm_starts: named architectures to begin with.
            random_proposals: number of random networks after them.
            carried: first trials from other studies, which come before the named ones.
            objectives: names of the quantities to minimise.
            misfit: function that gives the reason why an architecture is infeasible before it is
                scheduled, or None.
            experience: what the adaptive sampler knows about changes; None is everything that was
                measured.
        """
        self.study = study
        self.space = space
        self.seed = seed
        self.objectives = tuple(objectives)
        self.misfit = misfit
        self.agenda = Agenda(
            space,
            seed,
            sampler,
            [*carried, *map(FirstTrial.named, warm_starts)],
            random_proposals,
            self.objectives,
            misfit,
            experience or Experience.read(),
        )
        self.open: dict[int, Trial] = {}  # asked for, not yet recorded
        self.next_index = 0
        self.repeated: set[int] = set()  # indices of proposals that got a recorded result
        self.known: dict[str, int] = {}  # identity to the first trial with it

    @staticmethod
    def open_storage(
        url: str | BaseStorage, name: str, objectives: int = len(DEFAULT)
    ) -> optuna.Study:
        """The study of that name; it is made for so many objectives if it does not exist."""
        return optuna.create_study(
            storage=url, study_name=name, directions=["minimize"] * objectives, load_if_exists=True
        )

    def propose(self) -> Proposal | None:
        """The next architecture that was not tried before; None if there is none.

        In a space that is small enough to be listed, every architecture is proposed.
        """
        found = self._propose_new()
        if found is None and not self.agenda.listing and self.agenda.small:
            self.agenda.listing = True
            found = self._propose_new()
        return found

    @property
    def exhaustion(self) -> str:
        """The message when nothing is left to propose."""
        if self.agenda.listing:
            firsts = [self.record(number) for number in self.known.values()]
            tried = sum(first.scheduled for first in firsts)
            fits = " that fits the limits" if self.agenda.some_misfit or tried < len(firsts) else ""
            return (
                f"Every architecture of the space{fits} was tried, {tried} in all; the search ends."
            )
        return (
            f"{REPEATS_TO_EXHAUSTION} proposals in a row were architectures that had been tried or "
            "do not fit the limits; the search ends."
        )

    def _propose_new(self) -> Proposal | None:
        for _ in range(REPEATS_TO_EXHAUSTION):
            asked = self._ask()
            if asked is None:
                return None
            trial, planned = asked
            try:
                architecture = self.space.suggest(trial)
            except ArchitectureError as e:
                self._close(trial, TrialState.INFEASIBLE, reason=str(e), scheduled=False)
                continue
            proposal: dict[str, Any] = {
                **planned,
                "identity": identity(architecture),
                "architecture": architecture.to_dict(),
                "line": line(architecture),
            }
            trial.set_user_attr(PROPOSAL, proposal)
            twin = self.known.setdefault(proposal["identity"], trial.number)
            if twin != trial.number:
                self._answer_from_record(trial, twin)
                self.repeated.add(planned["index"])
            elif (why := self.misfit(architecture)) is not None:
                self._close(trial, TrialState.INFEASIBLE, reason=why, scheduled=False)
            else:
                index = planned["index"]
                return Proposal(
                    trial.number,
                    index,
                    planned["origin"],
                    architecture,
                    index in self.agenda.design,
                    self._first_source(index),
                )
        return None

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

    def proposal(self, number: int) -> Proposal:
        """The proposal of an open trial."""
        plain = proposal_of(self.study.get_trials(deepcopy=False)[number])
        architecture = Architecture.from_dict(plain["architecture"])
        index = plain["index"]
        return Proposal(number, index, plain["origin"], architecture, index in self.agenda.design)

    def resume(
        self,
        result_of: Callable[[int], Mapping[str, Any] | None],
        waits: Callable[[int], bool] = lambda number: False,
    ) -> list[int]:
        """Continue an earlier run: close what it left open, and ask for its parameters again.

        Args:
            result_of: function that gives the complete result of a trial by number, or None.
            waits: function that says whether a trial left a checkpoint at a rung, and so stays
                open.

        Returns:
            The open trials that have a complete result, which the caller must record.
        """
        finished = []
        used = set()
        for frozen in self.study.get_trials(deepcopy=False):
            proposal, state = proposal_of(frozen), state_of(frozen)
            if frozen.state == OptunaState.RUNNING:
                trial = open_again(self.study, frozen)
                if "identity" in proposal and result_of(frozen.number) is not None:
                    self.open[frozen.number] = trial
                    finished.append(frozen.number)
                elif "identity" in proposal and waits(frozen.number):
                    self.open[frozen.number] = trial
                else:
                    self._interrupt(trial, frozen)
                    state = TrialState.INTERRUPTED
                    if "identity" not in proposal:
                        continue  # its parameters are incomplete: the index is free again
            if "index" in proposal:
                used.add(proposal["index"])
            if state == TrialState.DUPLICATE:
                self.repeated.add(proposal["index"])
            self.agenda.listing |= proposal.get("origin") == LEFT
            if state not in UNCOUNTED and "identity" in proposal:
                self.known.setdefault(proposal["identity"], frozen.number)
        while self.next_index in used:
            self.next_index += 1
        return finished

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

    def seed_of(self, proposal: Proposal) -> int:
        """The seed of its training."""
        return sub_seed(self.seed, "trial", proposal.index)

    @property
    def active_seconds(self) -> float:
        return float(self.study.user_attrs.get(ACTIVE_SECONDS, 0.0))

    def add_active_seconds(self, seconds: float) -> None:
        self.study.set_user_attr(ACTIVE_SECONDS, self.active_seconds + seconds)

    def note(self, seconds_left: float | None) -> None:
        """Record how long the search still takes from now, for those who look from outside."""
        self.study.set_user_attr(NOTED, {"at": time.time(), "left": seconds_left})

    def _ask(self) -> tuple[Trial, dict[str, Any]] | None:
        """A trial, and the known parts of its proposal: index, origin and perhaps a move.

        None if the sampler has nothing untried.
        """
        waiting = self.study.get_trials(deepcopy=False, states=(OptunaState.WAITING,))
        origin: str | None = None
        if not waiting:
            origin = self._plan(self.next_index)
            if origin is None:
                return None
            self.next_index += 1
        trial = self.study.ask()
        self.open[trial.number] = trial
        planned = trial.user_attrs.get(PROPOSAL)
        if planned is None:
            planned = {"index": self.next_index - 1, "origin": origin}
            trial.set_user_attr(PROPOSAL, planned)
        return trial, planned

    def _repetitions(self, index: int) -> int:
        """Number of proposals in a row, just before this one, that got a recorded result."""
        before = index - 1
        while before in self.repeated:
            before -= 1
        return index - 1 - before

    def _first_source(self, index: int) -> Path | None:
        first = self.agenda.first_trials
        return first[index].source if index < len(first) else None

    def _plan(self, index: int) -> str | None:
        """Make the next `ask` give the proposal of this index; returns its origin, or None."""
        item = self.agenda.item(index, self.study, self.records, self.known)
        if item is None:
            return None
        sampler = item.origin
        if item.architecture is not None:
            planned = {"index": index, "origin": item.origin, **item.more}
            self._enqueue(self.space.parameters_of(item.architecture), planned)
            sampler = RANDOM  # nothing is left to sample; this sampler looks at no trial
        self.study.sampler = make_sampler(sampler, self.seed, index, self._repetitions(index))
        return item.origin

    def _enqueue(self, params: Mapping[str, Any], planned: Mapping[str, Any]) -> None:
        self.study.enqueue_trial(dict(params), user_attrs={PROPOSAL: dict(planned)})

    def _interrupt(self, trial: Trial, frozen: FrozenTrial) -> None:
        """Ask for the parameters again, then close: a kill between the two steps loses nothing."""
        proposal = proposal_of(frozen)
        if "identity" in proposal:
            kept = {key: proposal[key] for key in PLANNED if key in proposal}
            self._enqueue(frozen.params, kept)
        self._close(trial, TrialState.INTERRUPTED)

    def _answer_from_record(self, trial: Trial, twin: int) -> None:
        """Close a repeated architecture with the result of its first trial."""
        first = self.study.get_trials(deepcopy=False)[twin]
        metrics = {"duplicate_of": twin}
        if first.state == OptunaState.COMPLETE:
            self._close(trial, TrialState.DUPLICATE, first.values, metrics)
        else:
            self._close(
                trial, TrialState.DUPLICATE, (), metrics, fails=state_of(first) in UNSUCCESSFUL
            )

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
