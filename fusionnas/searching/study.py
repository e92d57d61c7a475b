"""The proposals of a search, in order, and the recovery of an earlier run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import Trial
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
from fusionnas.searching.private_names import open_again, set_generation
from fusionnas.searching.recorded_study import RecordedStudy
from fusionnas.searching.records import (
    PROPOSAL,
    RANDOM,
    proposal_of,
    state_of,
)
from fusionnas.searching.samplers import SAMPLERS, make_sampler
from fusionnas.searching.trial_result import UNCOUNTED, UNSUCCESSFUL, TrialState
from fusionnas.seeding import sub_seed

REPEATS_TO_EXHAUSTION = 100


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


class ArchitectureStudy(RecordedStudy):
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
        super().__init__(study, objectives)
        self.space = space
        self.seed = seed
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
        self.next_index = 0
        self.repeated: set[int] = set()  # indices of proposals that got a recorded result
        self.known: dict[str, int] = {}  # identity to the first trial with it

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
                    state = TrialState.INTERRUPTED
                    if not self._interrupt(trial, frozen):
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

    def seed_of(self, proposal: Proposal) -> int:
        """The seed of its training."""
        return sub_seed(self.seed, "trial", proposal.index)

    def _ask(self) -> tuple[Trial, dict[str, Any]] | None:
        """A trial, and the known parts of its proposal: index, origin and perhaps a move.

        None if the sampler has nothing untried.
        """
        waiting = self.study.get_trials(deepcopy=False, states=(OptunaState.WAITING,))
        origin: str | None = None
        if waiting:
            self._sample_as_before(proposal_of(waiting[0]))
        else:
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
        self._join_generation(trial, planned["index"], repeated=bool(waiting))
        return trial, planned

    def _sample_as_before(self, planned: Mapping[str, Any]) -> None:
        """Let the sampler that made a proposal repeat it; otherwise Optuna's default would."""
        origin, index = planned["origin"], planned["index"]
        drawn = origin in SAMPLERS and not planned.keys() & {"move", "proposer"}
        name = origin if drawn else RANDOM
        self.study.sampler = make_sampler(name, self.seed, index, self._repetitions(index))

    def _join_generation(self, trial: Trial, index: int, repeated: bool) -> None:
        """For a genetic sampler: first and random networks are its first generation.

        Optuna assigns all others when it samples. It does not sample a repeated proposal, whose
        parameters are known, unless it is asked to.
        """
        key = SAMPLERS[self.agenda.sampler].generation
        if key is None:
            return
        if index < self.agenda.design.stop:
            set_generation(trial, key, 0)
        elif repeated:
            _ = trial.relative_params

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
