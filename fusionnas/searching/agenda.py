"""What a study proposes next: first trials, a random design, the sampler, and what is left.

Each proposal has an index, and what it is follows from that and the study's records alone, so that
a resumed search proposes what the uninterrupted one would have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import optuna

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.members import members
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.adaptive import Adaptive
from fusionnas.searching.error_effects import Experience
from fusionnas.searching.first_trials import FirstTrial
from fusionnas.searching.guide import TPE_SHARE
from fusionnas.searching.records import RANDOM, TrialRecord
from fusionnas.searching.samplers import ADAPTIVE, GUIDED
from fusionnas.seeding import sub_seed

LEFT = "left"  # the origin of what no sampler proposed of a small space
LISTED = 5000  # settings of a space up to which all its architectures are listed in the end


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal before it is asked for."""

    origin: str
    architecture: Architecture | None = None  # None: the sampler that `origin` names draws it
    more: Mapping[str, Any] = field(default_factory=dict)  # proposer and move, where there are


class Agenda:
    """Which proposal each index is."""

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        sampler: str,
        first_trials: Sequence[FirstTrial],
        random_proposals: int,
        objectives: Sequence[str],
        misfit: Callable[[Architecture], str | None],
        experience: Experience,
    ) -> None:
        """Arguments are those of `fusionnas.searching.study.ArchitectureStudy`."""
        self.seed = seed
        self.sampler = sampler
        self.first_trials = first_trials
        self.design = range(len(first_trials), len(first_trials) + random_proposals)
        self.misfit = misfit
        self.adaptive = Adaptive(space, seed, objectives, experience)
        self.small = space.size <= LISTED
        self.listing = False  # whether the sampler has nothing new, and what is left is listed
        self.some_misfit = False  # whether something that is left does not fit the limits
        self._listed = members(space)

    def item(
        self,
        index: int,
        study: optuna.Study,
        records: Callable[[], Sequence[TrialRecord]],
        known: Mapping[str, int],
    ) -> Item | None:
        """The proposal of an index; None where nothing that was not tried is left.

        Args:
            index: of the proposal.
            study: that samplers look at.
            records: gives its trials, read only where they decide.
            known: identities of architectures that were proposed before.
        """
        if index < len(self.first_trials):
            first = self.first_trials[index]
            return Item(first.origin, first.architecture)
        if self.listing:
            return self._left(known)
        if index in self.design:
            return Item(RANDOM)
        if self.sampler == GUIDED:
            return self._guided(index, records, known) or Item("tpe")
        if self.sampler == ADAPTIVE:
            return self._adapted(index, study, records(), known)
        return Item(self.sampler)

    def _guided(
        self, index: int, records: Callable[[], Sequence[TrialRecord]], known: Mapping[str, int]
    ) -> Item | None:
        """A change of a network of the front; None where it is TPE's turn, or none is found."""
        rng = np.random.default_rng(sub_seed(self.seed, "guide", index))
        if rng.random() < TPE_SHARE:
            return None
        found = self.adaptive.guide.propose(records(), rng, known, self.misfit)
        return None if found is None else Item(GUIDED, found[0], {"move": found[1].to_dict()})

    def _adapted(
        self,
        index: int,
        study: optuna.Study,
        records: Sequence[TrialRecord],
        known: Mapping[str, int],
    ) -> Item | None:
        """What one of the adaptive sampler's proposers has; None where none has anything."""
        found = self.adaptive.propose(index, study, records, known, self.misfit)
        if found is None:
            return None
        name, proposed = found
        move = {} if proposed.move is None else {"move": proposed.move}
        return Item(name, proposed.architecture, {"proposer": name, **move})

    def _left(self, known: Mapping[str, int]) -> Item | None:
        """The next architecture of a listed space that was not proposed."""
        for architecture in self._listed:  # goes on where it was: what it passed stays passed
            if identity(architecture) in known:
                continue
            if self.misfit(architecture) is None:
                return Item(LEFT, architecture)
            self.some_misfit = True
        return None
