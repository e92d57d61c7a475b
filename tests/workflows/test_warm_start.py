"""Taking over trials of other studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fusionnas.cecv.probe import ProbeSet, choose_probe
from fusionnas.files.yaml_file import write_yaml
from fusionnas.networks.canonical import identity
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.first_trials import FirstTrial, take_over
from fusionnas.searching.jobs import Job
from fusionnas.searching.metrics import trial_metrics
from fusionnas.searching.result_file import write_result
from fusionnas.searching.setting import vector_provenance
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.training.recipe import RECIPES
from fusionnas.workflows.warm_start import NewStudy, warm_start
from tests.made.small_data import small_dataset
from tests.searching.test_queue import Driver
from tests.searching.toy import SPACE, result_of

RECIPE = RECIPES["default"]
GROWN = SPACE.replace("[16, 32]", "[8, 16, 32]").replace("cnn: {}", "cnn: {}, resnet: {}")
SHRUNK = SPACE.replace("[16, 32]", "32")


@pytest.fixture(scope="module")
def probe() -> ProbeSet:
    return choose_probe(small_dataset(), "all", 0)


def space_of(folder: Path, text: str) -> SearchSpace:
    (folder / "space.yaml").write_text(text)
    return load_space(str(folder / "space.yaml"))


@pytest.fixture
def source(tmp_path: Path, probe: ProbeSet) -> StudyFolder:
    """A study of eight trials, as a search leaves it."""
    folder = StudyFolder(tmp_path / "runs" / "old")
    folder.path.mkdir(parents=True)
    write_yaml(
        folder.path / "study.yaml",
        {
            "id": "old",
            "space": {"name": "toy"},
            "data": {"fingerprint": "f"},
            "recipe": RECIPE.to_dict(),
            "probe": {"hash": probe.hash},
        },
    )
    stored = folder.open_study(create=True)
    study = ArchitectureStudy(stored, space_of(tmp_path, SPACE), 0, "random", [], 0)
    made = vector_provenance(probe)
    for _ in range(8):
        proposal = study.propose()
        assert proposal is not None
        result = result_of({"architecture": proposal.architecture.to_dict(), "seed": 0})
        result["cecv"]["provenance"] = {name: getattr(made, name) for name in made.__slots__}
        write_result(folder.trial(proposal.number), result)
        metrics = trial_metrics(result, None)
        study.tell(proposal.number, "done", (result["val_mae"], 0.0), metrics)
    return folder


def new(space: SearchSpace, probe: ProbeSet, **changes: object) -> NewStudy:
    return replace(NewStudy(space, "f", RECIPE, probe, False, seed=0), **changes)


def target(tmp_path: Path) -> StudyFolder:
    folder = StudyFolder(tmp_path / "runs" / "new")
    folder.path.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_same_setting_takes_all_also_where_the_space_has_grown(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    trials, notes = warm_start(target(tmp_path), [source], new(space_of(tmp_path, GROWN), probe))
    assert len(trials) == 8
    assert notes == [
        "Warm start from 'old': 8 of 8 finished trials are taken over without training."
    ]
    assert all(trial.source is not None for trial in trials)
    # a resume finds the same plan, whatever became of the source
    again, nothing = warm_start(target(tmp_path), [], new(space_of(tmp_path, GROWN), probe))
    assert (again, nothing) == (trials, [])


def test_what_does_not_fit_is_counted_with_its_reason(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    trials, (note,) = warm_start(target(tmp_path), [source], new(space_of(tmp_path, SHRUNK), probe))
    assert {trial.architecture.width for trial in trials} == {32}
    left = 8 - len(trials)
    assert left > 0
    assert f"{len(trials)} of 8 finished trials" in note
    assert f"left out: what the space fixes ({left})" in note


def test_another_recipe_trains_the_front_again(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    wanted = new(space_of(tmp_path, SPACE), probe, recipe=replace(RECIPE, epochs=3))
    trials, (note,) = warm_start(target(tmp_path), [source], wanted)
    assert [(t.origin.startswith("warm:old/"), t.source) for t in trials] == [(True, None)]
    assert "trained again first (another recipe)" in note


def test_other_folds_train_the_front_again(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    """The seed draws the folds, in whose order held-out predictions are stored."""
    write_yaml(source.path / "study.yaml", {**source.facts, "folds": 8, "seed": 0})
    space = space_of(tmp_path, SPACE)
    same = new(space, probe, folds=8, seed=0)
    assert "8 of 8" in warm_start(target(tmp_path / "same"), [source], same)[1][0]
    for changes in ({"folds": 8, "seed": 1}, {"folds": 0}):
        _, (note,) = warm_start(
            target(tmp_path / str(changes["folds"])), [source], new(space, probe, **changes)
        )
        assert "trained again first (another folds)" in note


def test_a_latency_that_was_not_measured_is_an_incomplete_record(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    wanted = new(space_of(tmp_path, SPACE), probe, needs_latency=True)
    trials, (note,) = warm_start(target(tmp_path), [source], wanted)
    assert trials == []
    assert "an incomplete record (8)" in note


def test_carried_trials_are_told_without_a_worker_and_do_not_count(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    space = space_of(tmp_path, SPACE)
    trials, _ = warm_start(target(tmp_path), [source], new(space, probe))
    for trial in trials:  # toy references have vectors of a toy provenance
        assert trial.source is not None
        payload = {"architecture": trial.architecture.to_dict(), "seed": 0}
        write_result(trial.source, result_of(payload))
    folder = target(tmp_path).path
    driver = Driver(folder, space, trials=3, carried=trials)
    keys = []
    while isinstance(job := driver.queue.next(), Job):
        keys.append(job.key)
        driver.evaluate(job)
    trained = [key for key in keys if key.startswith("trials/")]
    assert len(trained) == 3
    records = driver.study.records()
    carried = [r for r in records if r.origin.startswith("carried:old/")]
    assert [r.state for r in carried] == ["done"] * 8
    assert all((folder / "trials" / str(r.number) / "result.json").is_file() for r in carried)
    assert driver.study.counted() == 3
    known = {identity(t.architecture) for t in trials}
    for r in records:
        if r.origin in ("random", "tpe") and r.state == "done":
            assert r.line not in {c.line for c in carried}
    assert len(known) == 8


def test_a_carried_trial_above_the_latency_limit_is_infeasible(
    tmp_path: Path, source: StudyFolder, probe: ProbeSet
) -> None:
    space = space_of(tmp_path, SPACE)
    trials, _ = warm_start(target(tmp_path), [source], new(space, probe))
    for place, trial in enumerate(trials):
        assert trial.source is not None
        payload = {"architecture": trial.architecture.to_dict(), "seed": 0}
        write_result(trial.source, result_of(payload) | {"latency_ms": 0.5 if place else 50.0})
    driver = Driver(target(tmp_path).path, space, trials=1, carried=trials)
    driver.queue.trials.latency_bound = 1.0
    while isinstance(job := driver.queue.next(), Job):
        driver.evaluate(job)
    first, *others = driver.study.records()[:8]
    assert first.state == "infeasible"
    assert first.reason == "latency 50 ms is over the limit of 1 ms"
    assert first.metrics["latency_ms"] == 50.0
    assert {r.state for r in others} == {"done"}


def test_a_record_that_is_gone_fails(tmp_path: Path) -> None:
    result = take_over(tmp_path / "nowhere", tmp_path / "trial")
    assert (result["state"], "is gone" in result["reason"]) == ("failed", True)


def test_plans_survive_their_file() -> None:
    first = FirstTrial.from_dict(
        {"architecture": {"width": 16, "local": ["cnn"]}, "origin": "warm:a/1", "source": None}
    )
    assert FirstTrial.from_dict(first.to_dict()) == first
