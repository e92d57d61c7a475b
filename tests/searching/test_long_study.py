"""Of a long study samplers see what their next proposal depends on."""

from __future__ import annotations

import numpy as np
import optuna
from optuna.trial import FrozenTrial

from fusionnas.searching.long_study import FRONT_BEST, FRONT_LATEST, by_front, kept
from fusionnas.searching.sampler_view import FrontView

SHORT = FRONT_BEST + FRONT_LATEST


def study_of(values: np.ndarray) -> optuna.Study:
    study = optuna.create_study(directions=["minimize"] * values.shape[1])
    study.add_trials([optuna.trial.create_trial(values=row) for row in values.tolist()])
    return study


def fronts(trials: list[FrozenTrial]) -> list[set[int]]:
    """Numbers of the trials of each front, found one by one."""
    left, found = {t.number: tuple(t.values) for t in trials}, []
    while left:
        front = {
            n
            for n, v in left.items()
            if not any(
                all(a <= b for a, b in zip(o, v, strict=True)) and o != v for o in left.values()
            )
        }
        found.append(front)
        left = {n: v for n, v in left.items() if n not in front}
    return found


def test_a_short_study_is_seen_whole() -> None:
    study = study_of(np.random.default_rng(0).random((SHORT, 2)))
    assert [t.number for t in FrontView(study).trials] == list(range(SHORT))


def test_of_a_long_study_the_fronts_and_the_latest_are_seen() -> None:
    study = study_of(np.random.default_rng(0).random((2 * SHORT, 2)))
    seen = [t.number for t in FrontView(study).trials]
    assert len(seen) == SHORT
    assert seen == sorted(seen)
    assert set(range(2 * SHORT - FRONT_LATEST, 2 * SHORT)) <= set(seen)
    early, wanted = set(seen[:FRONT_BEST]), 0
    for front in fronts(study.trials[:-FRONT_LATEST]):
        if wanted + len(front) > FRONT_BEST:  # the front that the last of them are from
            assert len(front & early) == FRONT_BEST - wanted
            break
        assert front <= early
        wanted += len(front)


def test_trials_without_values_are_no_good_ones() -> None:
    study = study_of(np.ones((2, 2)))
    pruned = optuna.trial.create_trial(state=optuna.trial.TrialState.PRUNED)
    study.add_trials([pruned] * 3)
    assert [t.number for t in kept(study.trials, 2, 1, by_front)] == [0, 1, 4]
    assert kept(study.trials[2:], 1, 1, by_front) == study.trials[4:]
