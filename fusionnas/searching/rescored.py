"""Copies the trials of an Optuna study into a new study, with deviations from another band.

Finished trials of Optuna cannot be changed, and a study should keep its objective. So a rescored
study is a new study, whose trials have the same numbers, parameters, states and times.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from fusionnas.searching.objectives import DEFAULT, objective_values
from fusionnas.searching.records import OUTCOME, TrialRecord, records_of
from fusionnas.searching.trial_result import TrialState


def rescored_trials(
    study: optuna.Study,
    metrics_of: Callable[[TrialRecord], Mapping[str, Any]],
    objectives: Sequence[str] = DEFAULT,
) -> list[FrozenTrial]:
    """Copies of all trials, with the metrics and values for another band.

    Args:
        study: the study to copy.
        metrics_of: function that gives `cecv_deviation`, `cecv_excess` and `guidance` of a finished
            trial.
        objectives: names of the study's objectives.
    """
    records = {record.number: record for record in records_of(study)}
    copies: list[FrozenTrial] = []
    for frozen in study.get_trials(deepcopy=False):
        trial = copy.deepcopy(frozen)
        record = records.get(trial.number)
        if record is not None and record.state == TrialState.DONE:
            metrics = {**record.metrics, **metrics_of(record)}
            outcome = {**trial.user_attrs[OUTCOME], "metrics": metrics}
            trial.user_attrs = {**trial.user_attrs, OUTCOME: outcome}
            trial.values = list(objective_values(metrics, objectives))
        elif trial.state == OptunaState.COMPLETE:  # a duplicate: answered from its first
            first = copies[trial.user_attrs[OUTCOME]["metrics"]["duplicate_of"]]
            trial.values = list(first.values)
        copies.append(trial)
    return copies


def fill_study(
    study: optuna.Study, source: optuna.Study, trials: Sequence[FrozenTrial]
) -> optuna.Study:
    """Put trials into a new study, with the attributes of the source study."""
    for key, value in source.user_attrs.items():
        study.set_user_attr(key, value)
    study.add_trials(trials)
    return study
