"""A sampler of one objective in a study of several."""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from fusionnas.searching.records import RUNG

BEST, LATEST = 100, 1000  # trials that a sampler sees of a long study


class FirstObjective(BaseSampler):
    """Shows a sampler the first value of each trial alone.

    The front and the tables keep all objectives; only where to look next follows the first.

    Of a long study the sampler sees the best and the latest trials, so that a proposal takes as
    long after ten thousand trials as after a thousand. TPE calls no more than the 25 best trials
    good, and weighs all others by their age, so it loses next to nothing.
    """

    def __init__(self, inner: BaseSampler) -> None:
        self.inner = inner
        self.view: OneObjectiveView | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        self.view = OneObjectiveView(study)
        return self.inner.infer_relative_search_space(self._seen(), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self.inner.sample_relative(self._seen(), trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self.inner.sample_independent(self._seen(), trial, param_name, param_distribution)

    def _seen(self) -> optuna.Study:
        assert self.view is not None
        return cast(optuna.Study, self.view)


class OneObjectiveView:
    """What a sampler asks of a study, answered with first values; nothing can be written.

    A study of its own in memory would do as well, but Optuna copies each trial deeply into it,
    which costs seconds where there are thousands.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study_id = study._study_id
        self._storage = _Unwritten()
        self.direction = study.directions[0]
        self.trials = [_first_value(one) for one in _kept(study.get_trials(deepcopy=False))]

    @property
    def directions(self) -> list[StudyDirection]:
        return [self.direction]

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        found = [one for one in self.trials if states is None or one.state in states]
        return copy.deepcopy(found) if deepcopy else found

    # Optuna's samplers ask by these names
    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        return self.get_trials(deepcopy, states)

    def _is_multi_objective(self) -> bool:
        return False


class _Unwritten:
    """TPE would store what it is about to propose, for other drivers; there are none."""

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None: ...


def _kept(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """All of a short study; of a long one the best and the latest, in order."""
    if len(trials) <= BEST + LATEST:
        return list(trials)
    earlier = [one for one in trials[:-LATEST] if one.state == TrialState.COMPLETE]
    best = sorted(earlier, key=lambda one: one.values[0])[:BEST]
    return sorted(best, key=lambda one: one.number) + list(trials[-LATEST:])


def _first_value(trial: FrozenTrial) -> FrozenTrial:
    if trial.values is None and RUNG not in trial.user_attrs:
        return trial
    seen = copy.copy(trial)
    if trial.values is not None:
        seen.values = trial.values[:1]
    else:  # it waits at a rung, or was stopped there
        look = trial.user_attrs[RUNG]
        seen.state = TrialState.PRUNED
        seen.intermediate_values = {look["rung"]: look["val_mae"]}
        seen.datetime_complete = trial.datetime_complete or trial.datetime_start
    return seen
