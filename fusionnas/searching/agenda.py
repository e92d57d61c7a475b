"""What a study proposes next: first trials, random networks, the sampler, and the remaining ones.

Each proposal has an index. The proposal depends on this index and the study's records alone, so
that a resumed search makes the same proposals as an uninterrupted one.
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

LEFT = "left"  # the origin of architectures of a small space that no sampler proposed
LISTED = 5000  # a space of at most so many settings is tried completely at the end


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal before it enters the study."""

    origin: str
    architecture: Architecture | None = None  # None: the sampler named in `origin` draws it
    more: Mapping[str, Any] = field(default_factory=dict)  # proposer and move, if there are any


class Agenda:
    """Gives the proposal for each index."""

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
        """The arguments are those of `fusionnas.searching.study.ArchitectureStudy`."""
        self.seed = seed
        self.sampler = sampler
        self.first_trials = first_trials
        self.design = range(len(first_trials), len(first_trials) + random_proposals)
        self.misfit = misfit
        self.adaptive = Adaptive(space, seed, objectives, experience)
        self.small = space.size <= LISTED
        self.listing = False  # True when the sampler has nothing new and the rest is listed
        self.some_misfit = False  # True if a remaining architecture exceeds the limits
        self._listed = members(space)

    def item(
        self,
        index: int,
        study: optuna.Study,
        records: Callable[[], Sequence[TrialRecord]],
        known: Mapping[str, int],
    ) -> Item | None:
        """The proposal of an index; None if every architecture was tried.

        Args:
            index: index of the proposal.
            study: the Optuna study that samplers look at.
            records: function that gives the trials of the study; called only where they are needed.
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
        """A change of a network of the front; None if it is TPE's turn or no change is left."""
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
        """A proposal by one of the adaptive sampler's proposers; None if none has anything new."""
        found = self.adaptive.propose(index, study, records, known, self.misfit)
        if found is None:
            return None
        name, proposed = found
        move = {} if proposed.move is None else {"move": proposed.move}
        return Item(name, proposed.architecture, {"proposer": name, **move})

    def _left(self, known: Mapping[str, int]) -> Item | None:
        """The next architecture of a listed space that was not proposed."""
        for architecture in self._listed:  # continues where the last call ended
            if identity(architecture) in known:
                continue
            if self.misfit(architecture) is None:
                return Item(LEFT, architecture)
            self.some_misfit = True
        return None
