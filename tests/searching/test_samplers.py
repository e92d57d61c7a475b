"""What a sampler follows."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from fusionnas.searching.records import OUTCOME
from fusionnas.searching.sampler_view import WithView
from fusionnas.searching.samplers import SAMPLERS, make_sampler


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
    assert isinstance(sampler, WithView)
    study.sampler = sampler
    study.ask().suggest_float("x", 0, 1)
    assert sampler.view is not None
    seen = sampler.view.get_trials()
    assert [t.state for t in seen[-3:-1]] == [TrialState.PRUNED, TrialState.RUNNING]
    assert seen[-3].constraints == {"failed": 1.0}
    assert [t.values for t in seen[:12]] == [t.values[:1] for t in study.get_trials()[:12]]


def answered_again(study: optuna.Study, times: int) -> None:
    """The best trial proposed so many times more, each answered from its record."""
    best = min(study.get_trials(), key=lambda trial: trial.values[0])
    for _ in range(times):
        study.add_trial(
            optuna.trial.create_trial(
                params=best.params,
                distributions=best.distributions,
                values=best.values,
                user_attrs={OUTCOME: {"state": "duplicate", "metrics": {"duplicate_of": 0}}},
            )
        )


@pytest.mark.parametrize("name", SAMPLERS)
def test_no_sampler_learns_from_a_network_twice(name: str) -> None:
    """Copies that the record answered change no proposal, also those of an older study."""
    once, often = (study_with(np.random.default_rng(0).random(40)) for _ in range(2))
    answered_again(often, 60)
    assert proposals(once, name) == proposals(often, name)


def test_parents_that_were_chosen_among_copies_are_chosen_anew() -> None:
    """An older study remembers them by number."""
    study = study_with(np.zeros(0))
    x = optuna.distributions.FloatDistribution(0, 1)

    def add(sampler: optuna.samplers.BaseSampler, copies: int) -> None:
        study.sampler = sampler
        trial = study.ask({"x": x})
        values = [trial.params["x"], 1 - trial.params["x"]]
        for _ in range(copies):
            copy = study.ask()
            sampler.get_trial_generation(study, study.get_trials()[copy.number])  # type: ignore
            copy.set_user_attr(OUTCOME, {"state": "duplicate", "metrics": {"duplicate_of": 0}})
            study.tell(copy, values)
        study.tell(trial, values)

    for index in range(7):  # 28 trials, 21 of them copies: a generation, and a part of the next
        add(optuna.samplers.NSGAIISampler(seed=index, population_size=20), copies=3)

    def remembered() -> list[int]:
        kept = study._storage.get_study_system_attrs(study._study_id)
        return [number for value in kept.values() if isinstance(value, list) for number in value]

    repeated = {t._trial_id for t in study.get_trials() if OUTCOME in t.user_attrs}
    assert repeated & set(remembered())
    for index in range(40):
        study.sampler = make_sampler("nsga2", 0, index)
        trial = study.ask({"x": x})
        study.tell(trial, [trial.params["x"], 1 - trial.params["x"]])
    assert remembered()
    assert not repeated & set(remembered())


def test_repetitions_in_a_row_widen_the_choice() -> None:
    """TPE proposes the likeliest of its candidates; where that is known it takes another."""
    study = optuna.create_study(directions=["minimize"] * 2)
    for index in range(40):
        study.sampler = make_sampler("random", 0, index)
        trial = study.ask()
        places = [trial.suggest_categorical(name, ["a", "b", "c"]) for name in "uvw"]
        study.tell(trial, [places.count("b"), 0.0])
    found: dict[int, set[tuple[str, ...]]] = {0: set(), 9: set()}
    for repetitions, seen in found.items():
        for index in range(100, 130):
            study.sampler = make_sampler("tpe", 0, index, repetitions)
            trial = study.ask()
            seen.add(tuple(trial.suggest_categorical(name, ["a", "b", "c"]) for name in "uvw"))
            study.tell(trial, state=TrialState.FAIL)
    assert len(found[9]) > 1.5 * len(found[0])


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
