"""What a sampler would propose, without a trial of it in the study.

A trial that was asked for stays in the study for good. Whoever wants to look at a proposal before
it is made, because it may have been tried already, draws it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import BaseTrial, create_trial
from optuna.trial import TrialState as OptunaState

from fusionnas.networks.architecture import Architecture
from fusionnas.search_space.space import SearchSpace


def draw(study: optuna.Study, sampler: BaseSampler, space: SearchSpace) -> Architecture:
    """The architecture that the sampler proposes next.

    Raises:
        ArchitectureError: its parameters go together in no network.
    """
    return space.suggest(cast(BaseTrial, _Drawing(study, sampler)))


class _Drawing:
    """Answers a space's questions as `optuna.Trial` does, and keeps nothing."""

    def __init__(self, study: optuna.Study, sampler: BaseSampler) -> None:
        self.study, self.sampler = study, sampler
        self.trial = create_trial(state=OptunaState.RUNNING)
        searched = sampler.infer_relative_search_space(study, self.trial)
        self.searched = searched
        self.drawn = sampler.sample_relative(study, self.trial, searched)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self._suggest(name, CategoricalDistribution(tuple(choices)))

    def suggest_int(self, name: str, low: int, high: int, step: int = 1) -> int:
        return int(self._suggest(name, IntDistribution(low, high, step=step)))

    def _suggest(self, name: str, asked: BaseDistribution) -> Any:
        if name in self.drawn and self.searched[name] == asked:
            return self.drawn[name]
        return self.sampler.sample_independent(self.study, self.trial, name, asked)
