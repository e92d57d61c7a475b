"""Names of Optuna that are not public, in the one file that uses them.

A new release may rename them; then only this file must change. The one private name of Ray is in
`fusionnas.searching.ray.cluster`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.storages import BaseStorage
from optuna.study._multi_objective import _fast_non_domination_rank
from optuna.trial import FrozenTrial, Trial
from optuna.trial import TrialState as OptunaState


def trial_id(trial: FrozenTrial) -> int:
    """The id of a trial in its storage; this is not its number in the study."""
    return trial._trial_id


def open_again(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """Reopen a trial of an earlier process, so that its result can be recorded."""
    return Trial(study, trial_id(trial))


def queued_parameters(trial: FrozenTrial) -> dict[str, Any]:
    """The parameters that were queued for a trial; empty if a sampler draws them."""
    return dict(trial.system_attrs.get("fixed_params", {}))


def set_generation(trial: Trial, key: str, generation: int) -> None:
    """Count a trial in a generation of the genetic sampler that keeps it under this key."""
    trial.storage.set_trial_system_attr(trial._trial_id, key, generation)


def storage_of(study: optuna.Study) -> BaseStorage:
    """The storage of a study."""
    return study._storage


def fronts(values: np.ndarray, at_least: int) -> np.ndarray:
    """The rank of each trial in non-dominated sorting.

    Args:
        values: objectives to be minimised, shape (trials, objectives).
        at_least: number of trials that need a true rank; the others may share the next rank.

    Returns:
        Ranks from 0, shape (trials,).
    """
    return _fast_non_domination_rank(values, n_below=at_least)


class AskedBySamplers:
    """The private attributes of a study that Optuna's samplers use."""

    def __init__(self, study: optuna.Study, trials: Sequence[FrozenTrial], storage: object) -> None:
        self._study_id = study._study_id
        self._storage = storage
        self.directions = list(study.directions)
        self.trials = list(trials)

    def get_trials(
        self, deepcopy: bool = True, states: Container[OptunaState] | None = None
    ) -> list[FrozenTrial]:
        raise NotImplementedError

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        return self.get_trials(deepcopy, states)

    def _is_multi_objective(self) -> bool:
        return len(self.directions) > 1
