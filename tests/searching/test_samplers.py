"""What a sampler follows."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from fusionnas.searching.samplers import FirstObjective, make_sampler


def study_with(seconds: np.ndarray) -> optuna.Study:
    """Trials at fixed places, the first objective low near 0.2; the second one as given."""
    study = optuna.create_study(directions=["minimize"] * 2)
    x = optuna.distributions.FloatDistribution(0, 1)
    for value, second in zip(np.linspace(0, 1, len(seconds)), seconds, strict=True):
        study.add_trial(
            optuna.trial.create_trial(
                params={"x": value}, distributions={"x": x}, values=[abs(value - 0.2), second]
            )
        )
    return study


def proposals(study: optuna.Study, name: str) -> list[float]:
    found = []
    for index in range(20):
        study.sampler = make_sampler(name, 0, index)
        trial = study.ask()
        found.append(trial.suggest_float("x", 0, 1))
        study.tell(trial, state=TrialState.FAIL)
    return found


def test_tpe_does_not_look_at_the_second_objective() -> None:
    rng = np.random.default_rng(0)
    one, other = (proposals(study_with(rng.random(40)), "tpe") for _ in range(2))
    assert one == other
    assert np.median(np.abs(np.array(one) - 0.2)) < 0.15


def test_motpe_follows_both() -> None:
    far = np.abs(np.linspace(0, 1, 40) - 0.9)
    assert proposals(study_with(far), "motpe") != proposals(study_with(far[::-1]), "motpe")


def test_running_and_infeasible_trials_are_seen_as_they_are() -> None:
    study = study_with(np.zeros(12))
    failed = study.ask()
    failed.suggest_float("x", 0, 1)
    failed.set_constraint("failed", 1.0)
    study.tell(failed, state=TrialState.PRUNED)
    running = study.ask()
    running.suggest_float("x", 0, 1)
    sampler = make_sampler("tpe", 0, 0)
    assert isinstance(sampler, FirstObjective)
    study.sampler = sampler
    study.ask().suggest_float("x", 0, 1)
    assert sampler.view is not None
    seen = sampler.view.get_trials()
    assert [t.state for t in seen[-3:-1]] == [TrialState.PRUNED, TrialState.RUNNING]
    assert seen[-3].constraints == {"failed": 1.0}
    assert [t.values for t in seen[:12]] == [t.values[:1] for t in study.get_trials()[:12]]


@pytest.mark.parametrize("name", ["tpe", "motpe"])
def test_conditional_parameters(name: str) -> None:
    study = optuna.create_study(directions=["minimize"] * 2)
    for index in range(30):
        study.sampler = make_sampler(name, 1, index)
        trial = study.ask()
        if trial.suggest_categorical("kind", ["a", "b"]) == "a":
            value = trial.suggest_int("a.n", 1, 9) / 9
        else:
            value = 2.0
        study.tell(trial, [value, 1 - value])
    kinds = [t.params["kind"] for t in study.get_trials()[15:]]
    if name == "tpe":
        assert kinds.count("a") > 10
