"""Draws a proposal of a sampler without adding a trial to the study.

A trial that Optuna was asked for stays in the study for good. So a proposal that may have been
tried already is drawn here first.
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
        ArchitectureError: its parameters do not form a network together.
    """
    return space.suggest(cast(BaseTrial, _Drawing(study, sampler)))


class _Drawing:
    """Answers the questions of a space as `optuna.Trial` does, and stores nothing."""

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
