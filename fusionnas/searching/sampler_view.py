"""The view of a study that a sampler gets: each network once, with the objectives it uses.

An architecture that is proposed again gets the recorded result of its first trial. The study keeps
this result for people. A sampler that saw it too would count one network as often as it was
proposed, and its good trials would in the end be copies of a few networks.
"""

from __future__ import annotations

import copy
from collections.abc import Container
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from fusionnas.searching.long_study import (
    BEST,
    FRONT_BEST,
    FRONT_LATEST,
    LATEST,
    by_first_value,
    by_front,
    kept,
)
from fusionnas.searching.objectives import error_of
from fusionnas.searching.private_names import AskedBySamplers, storage_of, trial_id
from fusionnas.searching.records import RUNG, is_repetition


class WithView(BaseSampler):
    """A sampler that gets a `StudyView` instead of the study."""

    def __init__(self, inner: BaseSampler, view: type[StudyView]) -> None:
        self.inner = inner
        self.kind = view
        self.view: StudyView | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        self.view = self.kind(study)
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


class StudyView(AskedBySamplers):
    """Answers a sampler's questions about a study without the trials that repeat another one.

    A separate study in memory would also work, but Optuna copies each trial deeply into it. This
    takes seconds if there are thousands.
    """

    def __init__(self, study: optuna.Study) -> None:
        trials = study.get_trials(deepcopy=False)
        repeated = {trial_id(one) for one in trials if is_repetition(one)}
        kept = [one for one in trials if trial_id(one) not in repeated]
        super().__init__(study, kept, _Notes(storage_of(study), repeated))

    def get_trials(
        self, deepcopy: bool = True, states: Container[OptunaState] | None = None
    ) -> list[FrozenTrial]:
        found = [one for one in self.trials if states is None or one.state in states]
        return copy.deepcopy(found) if deepcopy else found

    @property
    def direction(self) -> StudyDirection:
        """Direction of the first objective; used if it is the only one."""
        return self.directions[0]


class FirstObjectiveView(StudyView):
    """Shows only the first value of each trial, and the errors of those that stopped at a rung.

    The front and the tables keep all objectives; only the proposals follow the first alone.

    For a long study it shows the best and the latest trials, so that a proposal after ten thousand
    trials takes as long as after a thousand. TPE calls at most the 25 best trials good, and weights
    all others by their age, so it loses almost nothing.
    """

    def __init__(self, study: optuna.Study) -> None:
        super().__init__(study)
        self.directions = self.directions[:1]
        self.trials = [_first_value(one) for one in kept(self.trials, BEST, LATEST, by_first_value)]


class FrontView(StudyView):
    """Shows all objectives; for a long study the trials nearest to the front, and the latest.

    The time that TPE needs for a proposal grows with the number of trials times the number of
    conditional branches of the space. With ten thousand trials it would be more than a second.
    """

    def __init__(self, study: optuna.Study) -> None:
        super().__init__(study)
        self.trials = kept(self.trials, FRONT_BEST, FRONT_LATEST, by_front)


class _Notes:
    """The notes of samplers in a study for later proposals, without those on repeated trials."""

    def __init__(self, storage: BaseStorage, repeated: set[int]) -> None:
        self.storage = storage
        self.repeated = repeated

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        if not key.startswith("tpe:"):  # TPE's note for other drivers; there are none
            self.storage.set_trial_system_attr(trial_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        self.storage.set_study_system_attr(study_id, key, value)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """The attributes, without parents that NSGA chose when repeated trials were shown to it."""
        kept = self.storage.get_study_system_attrs(study_id)
        return {
            key: value
            for key, value in kept.items()
            if not (isinstance(value, list) and self.repeated.intersection(value))
        }


def _first_value(trial: FrozenTrial) -> FrozenTrial:
    if trial.values is None and RUNG not in trial.user_attrs:
        return trial
    seen = copy.copy(trial)
    if trial.values is not None:
        seen.values = trial.values[:1]
    else:  # it waits at a rung, or was stopped there
        look = trial.user_attrs[RUNG]
        seen.state = OptunaState.PRUNED
        seen.intermediate_values = {look["rung"]: error_of(look)}
        seen.datetime_complete = trial.datetime_complete or trial.datetime_start
    return seen
