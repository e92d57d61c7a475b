"""Rungs: who goes on, trainings that stop and go on, and a search with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fusionnas.cecv.probe import choose_probe
from fusionnas.cecv.vector import Cecv
from fusionnas.errors import OptionError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.network import build
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.assignment import Assignment
from fusionnas.searching.checkpoint import CHECKPOINT, LOOKS, read_looks
from fusionnas.searching.evaluation import Evaluator
from fusionnas.searching.jobs import Job
from fusionnas.searching.rungs import (
    RungReport,
    Rungs,
    by_rank_and_crowding,
    check_rule,
    rung_epochs,
)
from fusionnas.searching.setting import Setting
from fusionnas.training.data import TrainingData
from fusionnas.training.recipe import RECIPES
from fusionnas.training.trainer import Trainer
from tests.made.compounds import vectors
from tests.made.small_data import small_dataset
from tests.searching.test_queue import Driver
from tests.searching.toy import result_of

SMALL = {"width": 16, "global": ["lstm"], "local": [{"kind": "dcnn", "blocks": 1}], "dropout": 0.1}
EPOCHS = (1, 3)


def test_rungs_lie_at_a_ninth_and_a_third() -> None:
    assert rung_epochs(27) == (3, 9)
    assert rung_epochs(8) == (1, 3)
    assert rung_epochs(3) == (1,)
    assert rung_epochs(1) == ()
    with pytest.raises(OptionError, match="did you mean 'mae'"):
        check_rule("maee")


def look(number: int, rung: int, mae: float) -> RungReport:
    payload = {"architecture": {"width": 16, "local": ["cnn"]}, "seed": 0}
    vector = Cecv.from_dict(result_of(payload)["cecv"])
    return RungReport(number, rung, EPOCHS[rung], mae, 1000, 16, 1.0, vector)


def test_the_best_third_goes_on_the_highest_rung_first() -> None:
    rungs = Rungs(EPOCHS, "mae", lambda rung: None)
    for number, mae in enumerate([5.0, 4.0]):
        rungs.take(look(number, 0, mae))
        assert rungs.promote() is None  # of two, nobody is the best third
    rungs.take(look(2, 0, 3.0))
    assert rungs.promote() == (2, 0)
    assert rungs.promote() is None
    rungs.take(look(2, 1, 2.0))
    for number in range(3, 6):
        rungs.take(look(number, 0, 6.0))
    assert rungs.promote() == (1, 0)  # of six, the second best
    for number in (6, 7):
        rungs.take(look(number, 1, 2.5), waits=False)
    assert rungs.promote() == (2, 1)
    assert [stopped.number for stopped in rungs.stop()] == [0, 3, 4, 5]
    assert rungs.promote(at_least_one=True) is None


def test_a_search_ends_with_a_network() -> None:
    rungs = Rungs(EPOCHS, "mae", lambda rung: None)
    rungs.take(look(0, 0, 5.0))
    rungs.take(look(1, 0, 4.0))
    assert rungs.promote(at_least_one=True) == (1, 0)


def test_rank_then_room() -> None:
    points = np.array([[1, 9], [2, 2], [9, 1], [3, 3], [1.5, 5], [9, 9]], float)
    order = by_rank_and_crowding(points)
    assert set(order[:2]) == {0, 2}  # the ends of the first front
    assert set(order[2:4]) == {1, 4}
    assert order[4:] == [3, 5]
    assert by_rank_and_crowding(np.zeros((3, 2))) == [0, 2, 1]


@pytest.mark.parametrize("recipe", ["default", "paper"])
def test_a_training_that_stopped_comes_to_the_same_bits(recipe: str) -> None:
    data = TrainingData.of(small_dataset(200), torch.device("cpu"))
    how = replace(RECIPES[recipe], epochs=5, batch_size=64)

    def trainer() -> Trainer:
        architecture = Architecture.from_dict(SMALL)
        return Trainer(build(architecture, vectors(), 0), data, how, seed=3)

    whole = trainer()
    list(whole)
    expected = whole.finish()
    state = None
    for _ in range(5):  # each epoch in a training of its own
        part = trainer()
        if state is not None:
            part.resume(state)
        next(iter(part))
        state = part.state()
        torch.manual_seed(99)  # whatever else the worker does in between
    found = part.finish()
    assert found.val_error == expected.val_error
    assert [r.train_loss for r in found.history] == [r.train_loss for r in expected.history]
    for name, value in whole.network.state_dict().items():
        assert torch.equal(part.network.state_dict()[name], value), name


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory: pytest.TempPathFactory) -> Evaluator:
    data = small_dataset(300)
    recipe = replace(RECIPES["default"], epochs=5)
    probe = choose_probe(data, "all", 0)
    folder = tmp_path_factory.mktemp("study")
    return Evaluator(Setting(folder, data, {"mat2vec": vectors()}, recipe, probe, 0, EPOCHS))


def last(results: Iterator[object]) -> dict[str, object]:
    *_, end = results
    return dict(end)  # type: ignore[call-overload]


def test_a_trial_goes_from_rung_to_rung(evaluator: Evaluator, tmp_path: Path) -> None:
    architecture = Architecture.from_dict(SMALL)
    whole = last(evaluator.run(Assignment(architecture, 7, tmp_path / "whole")))
    parts = tmp_path / "parts"
    for rung, epoch in enumerate(EPOCHS):
        paused = last(evaluator.run(Assignment(architecture, 7, parts, until=rung)))
        assert (paused["state"], paused["epoch"]) == ("paused", epoch)
        assert not (parts / "result.json").exists()
        # a worker that was lost after its checkpoint does nothing twice
        assert last(evaluator.run(Assignment(architecture, 7, parts, until=rung)))["epoch"] == epoch
        assert [plain["epoch"] for plain in read_looks(parts)] == list(EPOCHS[: rung + 1])
    done = last(evaluator.run(Assignment(architecture, 7, parts)))
    assert not (parts / CHECKPOINT).exists()
    for name in ("val_mae", "cecv", "cecv_untrained", "best_epoch", "order_gap"):
        assert done[name] == whole[name]
    left, right = whole["rungs"], done["rungs"]
    assert [r["cecv"] for r in left] == [r["cecv"] for r in right]  # type: ignore[attr-defined]
    weights = "weights.safetensors"
    assert (parts / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()


class RungDriver(Driver):
    """Trials that pause: their MAE at a rung is twice their last."""

    def __init__(self, folder: Path, space: SearchSpace, trials: int) -> None:
        super().__init__(folder, space, trials)
        self.rungs = self.queue.trials.rungs = Rungs(EPOCHS, "mae", self.queue.references.band_at)

    def evaluate(self, job: Job, **changes: object) -> None:
        if not job.key.startswith("trials/"):
            super().evaluate(job, **changes)
            return
        result = result_of(dict(job.payload))
        at_rung = {k: result[k] for k in ("cecv", "parameters", "train_seconds")}
        at_rung |= {"val_mae": 2 * result["val_mae"], "width": 16}
        looks = [at_rung | {"epoch": epoch} for epoch in EPOCHS]
        if (until := job.payload.get("until")) is None:
            super().evaluate(job, rungs=looks, **changes)
        else:
            self.queue.finished(job, {"state": "paused", **looks[until]})

    def run(self, most: int = 1000) -> list[str]:
        keys = []
        while len(keys) < most and isinstance(job := self.queue.next(), Job):
            keys.append(f"{job.key}@{job.payload.get('until')}")
            self.evaluate(job)
        return keys


def test_a_search_with_rungs(tmp_path: Path, space: SearchSpace) -> None:
    driver = RungDriver(tmp_path, space, trials=18)
    keys = driver.run()
    assert sum(key.endswith("@0") for key in keys) == 18 - 4  # the random design goes through
    records = [r for r in driver.study.records() if r.counts]
    states = [r.state for r in records]
    assert set(states) == {"done", "stopped"}
    assert 4 < states.count("done") <= 4 + 5
    for looks in driver.rungs.looks:  # and is ranked with the others
        assert {r.number for r in records if r.origin == "random"} <= set(looks)
    stopped = [r for r in records if r.state == "stopped"]
    assert all(r.metrics["rung_epoch"] in EPOCHS and not r.values for r in stopped)
    assert driver.study.study.get_trials()[stopped[0].number].state.name == "PRUNED"

    # the best of all was trained to its end
    def mae(record: object) -> float:
        payload = {"architecture": record.architecture, "seed": 0}  # type: ignore[attr-defined]
        return float(result_of(payload)["val_mae"])

    assert min(records, key=mae).state == "done"
    assert sorted(driver.told) == sorted(r.number for r in records)


def test_with_rungs_too_a_resumed_search_goes_on_as_the_uninterrupted_one(
    tmp_path: Path, space: SearchSpace
) -> None:
    (tmp_path / "whole").mkdir()
    whole = RungDriver(tmp_path / "whole", space, trials=15)
    whole.run()
    (tmp_path / "parts").mkdir()
    first = RungDriver(tmp_path / "parts", space, trials=15)
    references = {}
    while (job := first.next()).key.startswith("references/"):
        references[job.key] = result_of(dict(job.payload))
        first.evaluate(job)
    first.evaluate(job)  # yardsticks
    first.run(16)
    cut_off = first.next()  # the driver dies here
    assert cut_off.key.startswith("trials/")
    second = RungDriver(tmp_path / "parts", space, trials=15)
    second.queue.references.restore(references)
    second.queue.yardsticks.due.clear()
    at = [set(looks) for looks in first.rungs.looks]
    second.study.resume(lambda number: None, lambda number: number in at[0])
    for looks in first.rungs.looks:
        for kept in looks.values():
            open_ = kept.number in second.study.open
            highest = kept.rung == max(rung for rung in (0, 1) if kept.number in at[rung])
            second.rungs.take(kept, waits=open_ and highest)
    second.queue.trials.counted = second.study.counted()
    second.queue.successes = first.queue.successes
    second.run()

    def ends(driver: Driver) -> list[tuple[int, str, str]]:
        records = [r for r in driver.study.records() if r.state != "interrupted"]
        found = {
            (r.index, identity(Architecture.from_dict(r.architecture)), r.state) for r in records
        }
        return sorted(found)

    assert ends(second) == ends(whole)


def test_looks_are_plain(evaluator: Evaluator, tmp_path: Path) -> None:
    paused = last(evaluator.run(Assignment(Architecture.from_dict(SMALL), 7, tmp_path, until=0)))
    assert RungReport.of(3, 0, json.loads(json.dumps(paused)), "val_mae") == RungReport.of(
        3, 0, read_looks(tmp_path)[0], "val_mae"
    )


def test_memory_that_runs_out_on_the_way_begins_anew_with_half_the_batch(
    evaluator: Evaluator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    architecture = Architecture.from_dict(SMALL)
    last(evaluator.run(Assignment(architecture, 7, tmp_path, until=0)))
    with monkeypatch.context() as patched:

        def run_out(trainer: Trainer, state: object) -> None:
            raise torch.OutOfMemoryError("made to run out")

        patched.setattr(Trainer, "resume", run_out)
        paused = last(evaluator.run(Assignment(architecture, 7, tmp_path, until=1)))
    assert (paused["state"], paused["epoch"]) == ("paused", EPOCHS[1])
    done = last(evaluator.run(Assignment(architecture, 7, tmp_path)))
    rows = evaluator.data(Assignment(architecture, 7, tmp_path), 0).train.size
    whole_batch = evaluator.setting.recipe.batch_size_for(rows)
    assert (done["state"], done["batch_size"]) == ("done", whole_batch // 2)
    assert [look["epoch"] for look in done["rungs"]] == list(EPOCHS)  # type: ignore[attr-defined]
    history = [row["epoch"] for row in done["history"]]  # type: ignore[attr-defined]
    assert history == list(range(1, len(history) + 1))


def test_a_training_cut_off_on_its_way_waits_at_its_rung_again(
    tmp_path: Path, space: SearchSpace
) -> None:
    driver = RungDriver(tmp_path, space, trials=15)
    looks: dict[str, dict[str, object]] = {}
    while (job := driver.next()).payload.get("until") != 1:
        driver.evaluate(job)
        if job.payload.get("until") == 0:
            result = result_of(dict(job.payload))
            looks[job.key] = {k: result[k] for k in ("cecv", "parameters", "train_seconds")}
            looks[job.key] |= {"val_mae": 2 * result["val_mae"], "width": 16, "epoch": EPOCHS[0]}
    (tmp_path / job.key).mkdir(parents=True)
    (tmp_path / job.key / LOOKS).write_text(json.dumps([looks[job.key]]))
    number = int(job.key.partition("/")[2])
    assert driver.study.record(number).state == "running"
    fresh = driver.next()  # another trial, which left nothing
    driver.queue.cut_off()
    assert driver.study.record(number).state == "waiting"
    assert driver.study.record(int(fresh.key.partition("/")[2])).state == "interrupted"
