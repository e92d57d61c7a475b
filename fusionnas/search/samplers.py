"""Samplers of the study, made anew for each proposal.

A sampler is seeded from the master seed and the index of the proposal alone, so that a resumed
search goes on as the uninterrupted one would have, and never repeats its first proposals.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.search.records import RUNG
from fusionnas.seeding import sub_seed


class FirstObjective(BaseSampler):
    """A sampler of one objective in a study of several: it sees the first value of each trial.

    The front and the tables keep all objectives; only where to look next follows the first.
    """

    def __init__(self, inner: BaseSampler) -> None:
        self.inner = inner
        self.view: optuna.Study | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        self.view = optuna.create_study(direction=study.directions[0])
        for one in study.get_trials(deepcopy=False):
            seen = copy.copy(one)
            if one.values is not None:
                seen.values = one.values[:1]
            elif RUNG in one.user_attrs:  # it waits at a rung, or was stopped there
                look = one.user_attrs[RUNG]
                seen.state = TrialState.PRUNED
                seen.intermediate_values = {look["rung"]: look["val_mae"]}
                seen.datetime_complete = one.datetime_complete or one.datetime_start
            self.view.add_trial(seen)
        return self.inner.infer_relative_search_space(*self._seen(trial))

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self.inner.sample_relative(*self._seen(trial), search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self.inner.sample_independent(*self._seen(trial), param_name, param_distribution)

    def _seen(self, trial: FrozenTrial) -> tuple[optuna.Study, FrozenTrial]:
        """The study of one objective, and the trial as that study knows it."""
        assert self.view is not None
        return self.view, self.view.get_trials(deepcopy=False)[trial.number]


def _tpe(seed: int) -> TPESampler:
    # joint over the parameters that conditional branches share; running trials count as poor
    # ones, so that parallel workers don't all go to the same place
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)


SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: FirstObjective(_tpe(seed)),  # follows MAE
    "motpe": _tpe,  # follows MAE and CECV deviation
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=20),
    "nsga3": lambda seed: optuna.samplers.NSGAIIISampler(seed=seed, population_size=20),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}


def check_sampler(name: str) -> str:
    """`name`, or an OptionError that offers the nearest sampler."""
    if name not in SAMPLERS:
        raise OptionError(f"There is no sampler '{name}'; {did_you_mean(name, SAMPLERS)}")
    return name


def make_sampler(name: str, master_seed: int, proposal: int) -> BaseSampler:
    """The sampler for one proposal."""
    with warnings.catch_warnings():  # `group` is called experimental at every proposal
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](sub_seed(master_seed, "sampler", name, proposal))
