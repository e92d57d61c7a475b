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
