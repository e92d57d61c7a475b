"""SIGKILL of the driver at any instant, and the resume."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from fusionnas.experiment import RANDOM_PROPOSALS
from fusionnas.preparation import Ingredients
from fusionnas.search.evaluation import Setting, make_work
from fusionnas.search.jobs import Job
from fusionnas.search.queue import SearchQueue
from fusionnas.search.study import ArchitectureStudy
from fusionnas.search_space_file import load_space
from fusionnas.study_folder import StudyFolder
from fusionnas.watching import SilentDisplay
from tests.survival import driver
from tests.survival.consistency import check_consistent


def finished(folder: StudyFolder) -> dict[str, bytes]:
    return {
        path.parent.name: path.read_bytes() for path in folder.path.glob("trials/*/result.json")
    }


def kill_and_resume(
    folder: Path, trials: int, workers: int, kills: int, window: tuple[float, float]
) -> StudyFolder:
    """Kill the driver so many times, each a random while after its search began; then let it end.

    The driver alone is killed: Ray's processes are left behind as they would be.
    """
    study = StudyFolder(folder / "runs" / "killed")
    rng = np.random.default_rng()
    before: dict[str, bytes] = {}
    for _ in range(kills):
        resume = ["--resume"] if (study.path / "study.yaml").exists() else []
        process = driver.start(folder, "killed", trials, workers, *resume)
        begun = time.monotonic()
        while not study.is_locked and process.poll() is None and time.monotonic() - begun < 120:
            time.sleep(0.1)  # reading the data
        time.sleep(rng.uniform(*window))
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
    options = driver.options(folder, trials, 1)
    found = Ingredients.read(
        load_space(options["space"]), "default", options["epochs"], options["data"],
        options["probe"], options["band"], 0, "tpe", unit=options["unit"],
    )  # fmt: skip
    (folder / "whole").mkdir()
    storage = ArchitectureStudy.open_storage("sqlite://", "whole")
    study = ArchitectureStudy(storage, found.space, 0, "tpe", found.warm_starts(), RANDOM_PROPOSALS)
    queue = SearchQueue(
        study, found.band_source(), folder / "whole", trials, None, SilentDisplay(), lambda n: None
    )
    setting = Setting(folder / "whole", found.dataset, found.vectors, found.recipe, found.probe, 0)
    work = make_work(setting)
    while isinstance(job := queue.next(), Job):
        result = list(work(job))[-1] if job.payload else {"state": "done", "test_mae": {}}
        queue.finished(job, result)
    return [(r.index, r.origin, r.line) for r in study.records() if r.state != "duplicate"]


def test_killed_three_times_with_one_worker(tmp_path: Path) -> None:
    """The resumed search makes the proposals that the uninterrupted one makes."""
    driver.prepare(tmp_path, seconds=0.3)
    study = kill_and_resume(tmp_path, trials=26, workers=1, kills=3, window=(1, 9))
    trials = check_consistent(study)
    found = [(r.index, r.origin, r.line) for r in trials]
    assert found == uninterrupted(tmp_path, 26)
    assert trials[-1].origin == "tpe"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_twenty_times_with_trials_of_ten_seconds(tmp_path: Path) -> None:
    driver.prepare(tmp_path, seconds=10)
    study = kill_and_resume(tmp_path, trials=40, workers=3, kills=20, window=(0, 30))
    trials = check_consistent(study)
    assert len(trials) == 40
    # parallelism recovers: among the last trials, three ran at a time
    times = [
        tuple(map(float, path.read_text().split()[:2]))
        for path in sorted((study.path / "marks").glob("trials-*.times"), key=os.path.getmtime)
    ]
    starts = [begun for begun, _ in times[-6:]]
    assert max(sum(begun <= at < ended for begun, ended in times) for at in starts) == 3
