"""A search keeps time for its yardsticks where one worker has to fit them after the trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import fusionnas
from fusionnas.errors import RunError
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.yardstick_jobs import SECONDS_OF_A_ROW
from fusionnas.workflows.watching import SilentDisplay
from tests.made.small_data import small_dataset


@pytest.mark.parametrize(("workers", "waiting"), [(1, True), (2, False)])
def test_one_worker_keeps_time_for_yardsticks(tmp_path: Path, workers: int, waiting: bool) -> None:
    kept = []

    def look(queue: SearchQueue, *_: Any) -> bool:
        kept.append(queue.times.yardsticks)
        raise RunError("seen enough")

    data = small_dataset(100)
    with (
        mock.patch("fusionnas.searching.ray.tune.run_jobs", look),
        pytest.raises(RunError, match="seen enough"),
    ):
        fusionnas.search(
            data=data, time_budget=600, workers=workers, folds="off", track=False, runs=tmp_path
        )
    rows = len(data.parts.train) + len(data.parts.val)
    assert kept == [pytest.approx(2 * rows * SECONDS_OF_A_ROW) if waiting else 0.0]


@pytest.mark.parametrize(("asked", "left"), [({"quality": "best"}, 3600), ({"time_budget": 90}, 0)])
def test_a_limit_of_the_user_s_is_for_all_runs_and_that_of_a_quality_for_each(
    tmp_path: Path, asked: dict[str, Any], left: float
) -> None:
    seen: list[float | None] = []
    said: list[str] = []

    def look(queue: SearchQueue, *_: Any) -> bool:
        seen.append(queue.times.left)
        queue.study.add_active_seconds(4000)
        raise RunError("seen enough")

    common = {"data": small_dataset(100), "workers": 1, "track": False, "runs": tmp_path}
    for options in ({"quality": "good"}, {**asked, "resume": True}):
        with (
            mock.patch("fusionnas.searching.ray.tune.run_jobs", look),
            mock.patch.object(SilentDisplay, "say", lambda _, text: said.append(text)),
            pytest.raises(RunError, match="seen enough"),
        ):
            fusionnas.search(**common, name="limited", **options)
    assert seen == [None, pytest.approx(left, abs=60)]
    assert any("Earlier runs took 66 min 40 s" in text for text in said) == (left == 0)
