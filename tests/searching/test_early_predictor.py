"""The early predictor on trials whose final MAE is known to follow, or not to follow, the CECV."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.searching.early_predictor import FEWEST, EarlyLook, EarlyPredictor


def trials(number: int, informative: bool, seed: int = 0) -> list[tuple[EarlyLook, float]]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        early, parameters, locality = rng.normal(size=3)
        cecv = np.exp(-1 + 0.3 * locality - np.linspace(0, 2, 8) + 0.02 * rng.normal(size=8))
        final = 0.2 * early - 0.1 * parameters + 0.05 * rng.normal()
        final += 0.4 * locality if informative else 0.0
        look = EarlyLook(float(np.exp(early)), int(1e5 * np.exp(parameters)), tuple(cecv))
        found.append((look, float(np.exp(final))))
    return found


def test_it_is_silent_until_enough_trials_have_finished() -> None:
    predictor = EarlyPredictor()
    known = trials(FEWEST, informative=True)
    for look, final in known:
        assert predictor.predict(look) is None
        predictor.learn(look, final)
    assert predictor.predict(known[0][0]) is not None
    assert not predictor.uses_cecv
    assert np.isnan(predictor.error(with_cecv=True))


@pytest.mark.parametrize("informative", [True, False])
def test_the_cecv_is_switched_on_only_where_it_helps(informative: bool) -> None:
    switched = []
    for seed in range(5):
        predictor = EarlyPredictor()
        for look, final in trials(40, informative, seed):
            predictor.learn(look, final)
        switched.append(predictor.uses_cecv)
    assert sum(switched) == 5 if informative else sum(switched) <= 2


def test_predictions_follow_the_relation() -> None:
    predictor = EarlyPredictor()
    *known, last = trials(60, informative=True)
    for look, final in known:
        predictor.learn(look, final)
    look, final = last
    assert predictor.predict(look) == pytest.approx(final, rel=0.2)


def test_a_trial_is_predicted_before_it_is_learned_from() -> None:
    """The judged error is the one of a model that has not seen the trial."""
    predictor = EarlyPredictor()
    *known, (look, final) = trials(FEWEST + 1, informative=True)
    for earlier in known:
        predictor.learn(*earlier)
    foretold = predictor.predict(look)
    predictor.learn(look, final)
    assert foretold is not None
    assert predictor.error(with_cecv=False) == pytest.approx(abs(np.log(foretold / final)))


def test_an_mae_must_be_positive() -> None:
    (look, _), *_ = trials(1, informative=True)
    for final in (0.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="positive"):
            EarlyPredictor().learn(look, final)
