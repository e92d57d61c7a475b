"""How a run spends its time; the clock is the test's."""

from __future__ import annotations

import pytest

from fusionnas.searching import time_plan
from fusionnas.searching.time_plan import CAUTION, CONCLUSION, TimePlan


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time_plan, "time", made)
    return made


def test_without_a_limit_there_is_always_time(clock: Clock) -> None:
    plan = TimePlan()
    clock.now += 1e9
    assert plan.searching(1e9)
    assert (plan.seconds_for_finals, plan.left) == (None, None)


def test_trials_final_trainings_and_conclusion_share_the_time(clock: Clock) -> None:
    plan = TimePlan(2 * 300 + CONCLUSION, finals=True)
    clock.now += 299
    assert plan.searching()
    clock.now += 2
    assert not plan.searching()
    assert plan.seconds_for_finals == pytest.approx(299 / CAUTION)
    assert plan.left == pytest.approx(299 + CONCLUSION)
    clock.now += 1000
    assert plan.left == 0


def test_without_a_final_training_trials_have_it_all(clock: Clock) -> None:
    plan = TimePlan(600 + CONCLUSION)
    clock.now += 590
    assert plan.searching()
    assert not plan.searching(expected=20.0)  # it would end after the end


def test_yardsticks_have_what_they_need_and_the_others_share_the_rest(clock: Clock) -> None:
    plan = TimePlan(2 * 300 + 100 + CONCLUSION, finals=True, yardsticks=100)
    clock.now += 299
    assert plan.searching(expected=261.0)
    assert not plan.searching(expected=262.0)  # the yardsticks would end after the end
    assert plan.searching(expected=262.0, needed=True)
    clock.now += 2
    assert not plan.searching()
    assert plan.seconds_for_finals == pytest.approx(399 / CAUTION)


def test_yardsticks_that_need_more_than_there_is_leave_time_for_trials(clock: Clock) -> None:
    plan = TimePlan(600 + CONCLUSION, finals=True, yardsticks=1000)
    assert plan.yardsticks == pytest.approx(200)
    clock.now += 199
    assert plan.searching()


def test_a_very_short_run_has_time_for_trials_too(clock: Clock) -> None:
    plan = TimePlan(30.0, finals=True)
    assert plan.searching(5.0)
    assert plan.seconds_for_finals == pytest.approx(21 / CAUTION)
