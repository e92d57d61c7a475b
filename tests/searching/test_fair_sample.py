"""The verdict on the band through whole searches: its random proposals are a fair sample of them.

Networks whose error has nothing to do with their place against the band: a verdict that finds a
relation in more of such studies than its level allows has been handed a selection.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optuna.storages import InMemoryStorage

from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.cecv.verdict import partial_rank_correlation
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.jobs import Job
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.rungs import OFF, RULES, Rungs
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.studies.summary import verdict_of
from fusionnas.workflows.watching import SilentDisplay
from tests.searching.toy import THRESHOLDS

EPOCHS = (3, 9)
COMPOUNDS = 100
STUDIES, TRIALS, DESIGN = 10, 60, 12


def vector(level: float) -> Cecv:
    """The same count at every threshold."""
    made = Provenance("t", "leader", "within", "p", "h")
    return Cecv(tuple(THRESHOLDS), (level,) * 8, {3: (level,) * 8}, COMPOUNDS, {}, made)


class Band:
    """A settled band, the same at each rung: the references lie at 30 and at 90 clusters."""

    settled = True
    due = 0
    band = TargetBand.of(
        [Reference("global", 32, 0, vector(30.0)), Reference("local", 32, 0, vector(90.0))]
    )

    def next(self) -> None:
        return None

    def band_at(self, rung: int) -> TargetBand:
        return self.band


class World:
    """Makes up what trainings come to: error, place against the band and size, all unrelated."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.networks: dict[str, tuple[float, float, int]] = {}

    def result(self, job: Job) -> dict[str, Any]:
        if job.key not in self.networks:
            error, level = self.rng.uniform(1, 2), self.rng.uniform(45, 110)
            self.networks[job.key] = error, level, int(self.rng.integers(1_000, 100_000))
        error, level, parameters = self.networks[job.key]
        own = {"width": 32, "parameters": parameters}
        looks = [
            {
                "epoch": epoch,
                "val_mae": error * (1 + 1 / epoch),
                "train_seconds": 1.0,
                "cecv": vector(level).to_dict(),
                **own,
            }
            for epoch in EPOCHS
        ]
        if (rung := job.payload.get("until")) is not None:
            return {"state": "paused", **looks[rung]}
        return {
            "state": "done",
            "architecture": {"width": 32},
            "val_mae": error,
            "collapsed": False,
            "cecv": vector(level).to_dict(),
            "rungs": looks,
            "train_seconds": 1.0,
            **own,
        }


def search(
    folder: Path,
    space: SearchSpace,
    seed: int,
    rule: str,
    sampler: str = "random",
    trials: int = TRIALS,
) -> ArchitectureStudy:
    stored = ArchitectureStudy.open_storage(InMemoryStorage(), "made")
    study = ArchitectureStudy(stored, space, seed, sampler, [], DESIGN)
    band, world = Band(), World(seed)
    rungs = None if rule == OFF else Rungs(EPOCHS, rule, band.band_at)
    queue = SearchQueue(
        study,
        band,
        folder,
        trials,
        None,
        SilentDisplay(),  # type: ignore[arg-type]
        lambda number: None,
        rungs=rungs,
    )
    queue.yardsticks.due.clear()
    while isinstance(job := queue.next(), Job):
        queue.finished(job, world.result(job))
    return study


def test_no_relation_is_found_where_there_is_none(tmp_path: Path) -> None:
    """At a level of 5%, more than 2 of 10 come about by chance once in a hundred times.

    Among the networks that rungs by error and deviation let through, the two look opposed.
    """
    space = load_space("default")
    studies = [search(tmp_path, space, seed, "nondominated").records() for seed in range(STUDIES)]
    verdicts = Counter(verdict_of(records).verdict for records in studies)
    assert verdicts["misled"] + verdicts["informed"] <= 2
    survivors = [[r for r in records if r.state == "done" and r.ranked] for records in studies]
    relations = [
        partial_rank_correlation(
            *(
                np.array([r.metrics[name] for r in chosen])
                for name in ("cecv_deviation", "val_mae", "parameters")
            )
        )
        for chosen in survivors
    ]
    assert np.mean(relations) < -0.3


@pytest.mark.parametrize("rule", RULES)
def test_the_random_design_is_trained_to_its_end(
    tmp_path: Path, space: SearchSpace, rule: str
) -> None:
    records = search(tmp_path, space, 0, rule, "tpe", trials=40).records()
    drawn = [r for r in records if r.origin == "random" and r.state != "duplicate"]
    assert {r.state for r in drawn} == {"done"}
    assert verdict_of(records).architectures == len(drawn) >= 8
    if rule != OFF:
        states = Counter(r.state for r in records if r.origin == "tpe")
        assert states["stopped"] > states["done"] > 0
