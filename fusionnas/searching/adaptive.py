"""The adaptive sampler has several proposers and learns in the study which of them to ask."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

import numpy as np
import optuna

from fusionnas.networks.architecture import Architecture
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.bandit import order
from fusionnas.searching.error_effects import Experience
from fusionnas.searching.error_guide import ErrorGuide
from fusionnas.searching.guide import Guide
from fusionnas.searching.neighbourhood import Neighbourhood
from fusionnas.searching.objectives import OBJECTIVES
from fusionnas.searching.proposers import PROPOSERS, Proposed, Situation
from fusionnas.searching.records import TrialRecord
from fusionnas.seeding import sub_seed


class Adaptive:
    """Chooses a proposer and returns its proposal; never an architecture that was tried."""

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        objectives: Sequence[str],
        experience: Experience,
    ) -> None:
        """
        Args:
            space: what can be proposed.
            seed: master seed.
            objectives: names of the quantities to minimise; if none of them depends on the band, no
                change is chosen by guidance.
            experience: knowledge of the effects of changes from before the study.
        """
        self.space = space
        self.seed = seed
        of_the_band = any(OBJECTIVES[name].of_the_band for name in objectives)
        self.rates = {
            name: row.rate for name, row in PROPOSERS.items() if of_the_band or not row.of_the_band
        }
        neighbourhood = Neighbourhood(space)
        self.guide = Guide(neighbourhood)
        self.error_guide = ErrorGuide(neighbourhood, experience)

    def propose(
        self,
        index: int,
        study: optuna.Study,
        records: Sequence[TrialRecord],
        tried: Container[str],
        misfit: Callable[[Architecture], str | None],
    ) -> tuple[str, Proposed] | None:
        """The name of the proposer and its proposal; None if no proposer has anything new."""
        rng = np.random.default_rng(sub_seed(self.seed, "adaptive", index))
        now = Situation(
            study, self.space, self.guide, self.error_guide, records, tried, misfit, rng
        )
        for name in order(records, self.rates, rng):
            found = PROPOSERS[name].propose(now)
            if found is not None:
                return name, found
        return None
