"""SIGKILL of the driver at any instant, and the resume."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from fusionnas.searching.design import design_of
from fusionnas.searching.jobs import Job
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.samplers import ADAPTIVE
from fusionnas.searching.setting import Setting
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.work import make_work
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.search_options import SearchOptions
from fusionnas.workflows.watching import SilentDisplay
from tests.survival import driver
from tests.survival.consistency import check_consistent

pytestmark = pytest.mark.guards


def finished(folder: StudyFolder) -> dict[str, bytes]:
    return {
        path.parent.name: path.read_bytes() for path in folder.path.glob("trials/*/result.json")
    }


def kill_and_resume(
    folder: Path, trials: int, workers: int, kills: Sequence[int], spread: float
) -> StudyFolder:
    """Kill the driver again and again, resume it each time, and let it end.

    The driver alone is killed: Ray's processes are left behind as they would be.

    Args:
        folder: that `prepare` made.
        trials: of the study.
        workers: at a time.
        kills: trials that must have ended in a part before its kill; 0 kills it while it starts.
        spread: seconds within which the instant after that is random.
    """
    study = StudyFolder(folder / "runs" / "killed")
    rng = np.random.default_rng()
    before: dict[str, bytes] = {}
    for more in kills:
        resume = ["--resume"] if (study.path / "study.yaml").exists() else []
        process = driver.start(folder, "killed", trials, workers, *resume)
        deadline = time.monotonic() + 300
        while not study.is_locked or len(finished(study)) < len(before) + more:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(rng.uniform(0, spread))
        assert process.poll() is None, process.communicate()
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        after = finished(study)
        assert {number: after[number] for number in before} == before  # none ran again
        before = after
    code, err = driver.run(folder, "killed", trials, workers, "--resume")
    assert code == 0, err
    after = finished(study)
    assert {number: after[number] for number in before} == before
    return study


def uninterrupted(folder: Path, trials: int) -> list[tuple[int, str, str]]:
    """(index, origin, line) of each proposal of the same search, one after the other."""
    torch.set_num_threads(1)
    found = Ingredients.read(SearchOptions(**driver.options(folder, trials, 1)))
    (folder / "whole").mkdir()
    storage = ArchitectureStudy.open_storage("sqlite://", "whole")
    study = ArchitectureStudy(
        storage, found.space, 0, ADAPTIVE, found.warm_starts(), design_of(ADAPTIVE)
    )
    queue = SearchQueue(
        study, found.band_source(), folder / "whole", trials, None, SilentDisplay(), lambda n: None
    )
    setting = Setting(folder / "whole", found.dataset, found.vectors, found.recipe, found.probe, 0)
    work = make_work(setting)
    while isinstance(job := queue.next(), Job):
        result = list(work(job))[-1] if job.payload else {"state": "done", "test_mae": {}}
        queue.finished(job, result)
    return [(r.index, r.origin, r.line) for r in study.records() if r.state != "duplicate"]


def test_killed_with_one_worker(tmp_path: Path) -> None:
    """The resumed search makes the proposals that the uninterrupted one makes."""
    driver.prepare(tmp_path, seconds=0.3)
    study = kill_and_resume(tmp_path, trials=18, workers=1, kills=(0, 7), spread=2.0)
    trials = check_consistent(study)
    found = [(r.index, r.origin, r.line) for r in trials]
    assert found == uninterrupted(tmp_path, 18)
    assert trials[-1].proposer is not None


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_twenty_times_with_trials_of_ten_seconds(tmp_path: Path) -> None:
    driver.prepare(tmp_path, seconds=10)
    kills = np.random.default_rng().integers(0, 3, size=20).tolist()
    study = kill_and_resume(tmp_path, trials=40, workers=3, kills=kills, spread=10.0)
    trials = check_consistent(study)
    assert len(trials) == 40
    assert most_at_a_time(study, 10, last=6) == 3  # parallelism recovers


def most_at_a_time(study: StudyFolder, slept: float, last: int) -> int:
    """How many trials ran while one of the last was started."""
    spans = []
    for path in study.path.glob("trials/*/result.json"):
        ended = path.stat().st_mtime
        spans.append((ended - slept - json.loads(path.read_text())["train_seconds"], ended))
    starts = sorted(begun for begun, _ in spans)[-last:]
    return max(sum(begun <= at < ended for begun, ended in spans) for at in starts)
