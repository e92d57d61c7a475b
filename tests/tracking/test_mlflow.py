from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fusionnas.tracking.mlflow_names import flat
from fusionnas.tracking.mlflow_registry import LONGEST, WriteModel, model_name
from fusionnas.tracking.mlflow_tracker import MlflowTracker

FACTS = {
    "id": "abc",
    "name": "study-1",
    "created": "2026-01-02T03:04:05+00:00",
    "command": "fusionnas search --name study-1",
    "seed": 0,
    "space": {"name": "toy", "hash": "h"},
    "data": {"name": "made", "target": "gap", "unit": "eV"},
}


def trial(number: int, state: str = "done") -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    if state == "done":
        metrics = {
            "val_mae": 1.5,
            "cecv_deviation": 0.3,
            "collapsed": False,
            "guidance": [0.1, None],
            "cecv": {"0.05": 30.0, "0.1": 12.0},
        }
    return {
        "number": number,
        "state": state,
        "origin": "random",
        "line": "LSTM | w16",
        "reason": None if state == "done" else "made to fail",
        "architecture": {"width": 16, "global": [{"kind": "lstm", "layers": 2}], "local": []},
        "metrics": metrics,
        "began": 1000.0 + number,
        "ended": 1010.5 + number,
        "history": [
            {"epoch": e, "train_loss": 1 / e, "val_mae": 2 / e, "learning_rate": 0.1}
            for e in (1, 2, 3)
        ],
    }


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def write_model(bundle: Path, out: Path) -> None:
    """Stands for the pyfunc writer, which has a test of its own."""
    out.mkdir()
    (out / "MLmodel").write_text(f"made from {bundle.name}")


def nothing_left(name: str, study: str) -> float | None:
    return None


def broken(bundle: Path, out: Path) -> None:
    raise OSError("no space left")


def track(
    uri: str,
    folder: Path,
    *trials: dict[str, Any],
    write_model: WriteModel = write_model,
    best: int = 0,
) -> str | None:
    tracker = MlflowTracker(uri, folder / "artifacts", write_model, nothing_left)
    tracker.study_started(FACTS)
    for one in trials:
        tracker.trial_ended(one)
    (folder / "plot.png").write_bytes(b"png")
    summary = {
        "verdict_words": "cannot tell",
        "best_words": "LSTM: test MAE 2.5 eV",
        "chosen": {"number": best, "test_mae": 2.5},
        "front": [{"number": best}],
        "beside_yardsticks": {
            "best": "lightgbm",
            "words": "LightGBM is better",
            "rows": [
                {
                    "name": "lightgbm",
                    "test_mae": 2.0,
                    "difference": 0.5,
                    "seconds": 9.0,
                    "difference_interval": [0.25, 0.75],
                },
                {
                    "name": "median",
                    "test_mae": 4.0,
                    "difference": -1.5,
                    "seconds": 0.0,
                    "difference_interval": [-2.0, -1.0],
                },
            ],
        },
    }
    tracker.study_ended(summary, [folder / "plot.png"], folder / "bundle")
    return tracker.close()


def test_a_study_is_a_run_and_a_trial_is_its_child(uri: str, tmp_path: Path) -> None:
    assert track(uri, tmp_path, trial(0), trial(1, "failed")) is None
    # a resumed study tells its earlier trials again
    assert track(uri, tmp_path, trial(0), trial(1, "failed"), trial(2)) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("FusionNAS made")
    runs = client.search_runs([experiment.experiment_id])
    parents = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    children = {r.data.tags["fusionnas.trial"]: r for r in runs if r not in parents}
    assert len(parents) == 1
    assert set(children) == {"0", "1", "2"}
    assert parents[0].info.status == "FINISHED"
    assert parents[0].data.params["space"] == "toy"
    assert parents[0].data.metrics["mae/test"] == 2.5
    told = parents[0].data.metrics
    assert (told["mae/test of median"], told["mae/test of lightgbm"]) == (4.0, 2.0)
    assert told["mae/test of the best yardstick"] == 2.0
    assert told["mae/test above the best yardstick"] == 0.5
    assert told["mae/test above the best yardstick low"] == 0.25
    assert told["seconds/lightgbm"] == 9.0
    assert parents[0].data.tags["yardsticks"] == "LightGBM is better"
    assert parents[0].data.tags["unit"] == "eV"
    note = parents[0].data.tags["mlflow.note.content"]
    assert "predicts **gap**, in eV" in note
    assert "test MAE 2.5 eV" in note
    assert parents[0].data.tags["verdict"] == "cannot tell"
    assert [a.path for a in client.list_artifacts(parents[0].info.run_id)] == [
        "plot.png",
        "study.json",
    ]
    done, failed = children["0"], children["1"]
    assert {c.data.tags["mlflow.parentRunId"] for c in children.values()} == {
        parents[0].info.run_id
    }
    assert (done.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert failed.data.tags["reason"] == "made to fail"
    assert done.data.params["global0.kind"] == "lstm"
    assert done.data.metrics["cecv/0.05"] == 30
    assert done.data.metrics["guidance/0.05"] == 0.1
    assert "guidance/0.10" not in done.data.metrics
    assert done.data.metrics["mae/val"] == 1.5
    assert done.data.metrics["band/deviation"] == 0.3
    assert (done.data.tags["front"], done.data.tags["recommended"]) == ("yes", "yes")
    assert "front" not in failed.data.tags
    assert (done.info.start_time, done.info.end_time) == (1_000_000, 1_010_500)
    begun = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    assert parents[0].info.start_time == begun * 1000
    for run in (parents[0], done):
        assert run.data.tags["mlflow.source.name"] == "fusionnas search"
        assert run.data.tags["command"] == "fusionnas search --name study-1"
        (given,) = run.inputs.dataset_inputs
        assert (given.dataset.name, given.tags[0].value) == ("made", "training")
    epochs = client.get_metric_history(done.info.run_id, "epoch/val_mae")
    assert [(m.step, m.value) for m in epochs] == [(1, 2.0), (2, 1.0), (3, 2 / 3)]
    names = {a.path for a in client.list_artifacts(done.info.run_id)}
    assert names == {"architecture.yaml", "cecv.json"}
    path = client.download_artifacts(done.info.run_id, "cecv.json")
    assert json.loads(Path(path).read_text())["data"][0] == [0.05, 30.0, 0.1]


@pytest.mark.parametrize("user", ["maria", None])
def test_runs_have_the_name_of_the_user_if_there_is_one(
    user: str | None, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def name() -> str:
        if user is None:
            raise KeyError("getpwuid(): uid not found: 1234")
        return user

    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # without credentials for a server
    monkeypatch.setattr("getpass.getuser", name)
    assert track(uri, tmp_path, trial(0)) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("FusionNAS made").experiment_id])
    assert len(runs) == 2
    assert {run.data.tags.get("mlflow.user") for run in runs} == {user}


def test_the_next_search_ends_the_run_of_a_killed_one(uri: str, tmp_path: Path) -> None:
    """The run of a search that still runs, or whose folder is not here, stays as it is."""
    from mlflow import MlflowClient

    def start(name: str, left: dict[str, float]) -> None:
        tracker = MlflowTracker(
            uri, tmp_path / "artifacts", write_model, lambda _, study: left.get(study)
        )
        tracker.study_started(FACTS | {"id": f"id of {name}", "name": name})
        assert tracker.close() is None  # without an end, as after kill -9

    def runs() -> dict[str, Any]:
        client = MlflowClient(tracking_uri=uri)
        experiment = client.get_experiment_by_name("FusionNAS made").experiment_id
        return {run.info.run_name: run for run in client.search_runs([experiment])}

    for name in ("killed", "at work"):
        start(name, {})
    start("next", {"id of killed": 1.8e9})
    assert {name: run.info.status for name, run in runs().items()} == {
        "killed": "KILLED",
        "at work": "RUNNING",
        "next": "RUNNING",
    }
    assert runs()["killed"].info.end_time == 1.8e12
    assert runs()["killed"].data.tags["stopped"] == "The search was killed."
    start("killed", {})  # it is resumed
    assert runs()["killed"].info.status == "RUNNING"
    assert "stopped" not in runs()["killed"].data.tags


def test_the_recommended_network_is_registered_once(uri: str, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    for _ in range(2):  # a finished study that is resumed
        assert track(uri, tmp_path, trial(0)) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    assert "gap, in eV," in client.get_registered_model("made-gap").description
    (version,) = client.search_model_versions("name='made-gap'")
    assert version.status == "READY"
    assert "test MAE 2.5 eV" in version.description
    model = Path(version.source.removeprefix("file://")) / "MLmodel"
    assert model.read_text() == "made from bundle"
    assert version.tags["fusionnas.trial"] == "0"
    assert version.run_id in version.description
    (experiment,) = (e for e in client.search_experiments() if e.name == "FusionNAS made")
    (parent,) = (
        run
        for run in client.search_runs([experiment.experiment_id])
        if "mlflow.parentRunId" not in run.data.tags
    )
    assert "#/models/made-gap/versions/1" in parent.data.tags["mlflow.note.content"]
    (found,) = parent.outputs.model_outputs
    assert client.get_logged_model(found.model_id).source_run_id == version.run_id


def test_a_network_that_was_trained_again_is_a_new_version(uri: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for weights in ("of the trial", "of the trial", "of the final training"):
        (bundle / "weights.safetensors").write_text(weights)
        assert track(uri, tmp_path, trial(0)) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    assert len(client.search_model_versions("name='made-gap'")) == 2


def test_only_the_trials_of_the_last_summary_have_its_tags(uri: str, tmp_path: Path) -> None:
    assert track(uri, tmp_path, trial(0), trial(1)) is None
    assert track(uri, tmp_path, trial(0), trial(1), best=1) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("FusionNAS made").experiment_id])
    tags = {r.data.tags["fusionnas.trial"]: r.data.tags for r in runs if r.data.params.get("width")}
    for key in ("front", "recommended"):
        assert {number: one.get(key) for number, one in tags.items()} == {"0": None, "1": "yes"}


def test_a_model_that_cannot_be_registered_loses_nothing_else(uri: str, tmp_path: Path) -> None:
    problem = track(uri, tmp_path, trial(0), write_model=broken)
    assert problem is not None
    assert "1 records could not be written" in problem
    assert "no space left" in problem
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("FusionNAS made").experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED", "FINISHED"]
    assert not client.search_model_versions("name='made-gap'")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"name": "seebeck-p", "target": "p-type Seebeck", "licence": "CC BY 4.0"}, "seebeck-p"),
        ({"name": "matbench:expt_gap", "target": "gap", "licence": "MIT"}, "matbench-expt_gap"),
        ({"name": "My table", "target": "E (eV)", "licence": ""}, "my-table-e-ev"),
        ({"name": "gap", "target": "gap", "licence": ""}, "gap"),
        ({"name": "my gap", "target": "gap"}, "my-gap"),
        ({"name": "bandgap", "target": "gap"}, "bandgap-gap"),
        ({"name": "bandgap", "target": "p"}, "bandgap-p"),
        ({"name": "my", "target": "带隙"}, "my-带隙"),
        ({"name": "my", "target": "密度"}, "my-密度"),
        ({"name": "数据", "target": "带隙"}, "数据-带隙"),
        ({"name": "Θ (K)", "target": "बैंड गैप"}, "θ-k-बैंड-गैप"),
        ({"name": "Cafe\u0301", "target": "E/m²: a"}, "café-e-m²-a"),
    ],
)
def test_names_of_models(data: dict[str, str], name: str) -> None:
    assert model_name(data) == name


@pytest.mark.parametrize(
    "targets", [("+", "-", "!!"), (f"{'long ' * 40}a", f"{'long ' * 40}b")], ids=["signs", "long"]
)
def test_other_properties_are_other_models(targets: tuple[str, ...]) -> None:
    names = {model_name({"name": "my", "target": target}) for target in targets}
    assert len(names) == len(targets)
    assert all(name.startswith("my-") and 4 < len(name) <= LONGEST for name in names)


def test_a_name_in_another_script_is_registered(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"name": "数据", "target": "带隙", "unit": "eV"}
    monkeypatch.setitem(FACTS, "data", data)
    for _ in range(2):  # found again, it is not registered twice
        assert track(uri, tmp_path, trial(0)) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    (version,) = client.search_model_versions("name='数据-带隙'")
    note = client.get_run(version.run_id).data.tags.get("mlflow.parentRunId")
    page = client.get_run(note).data.tags["mlflow.note.content"]
    assert f"(#/models/{quote('数据-带隙')}/versions/1)" in page


def test_a_tracker_that_cannot_write_says_so_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    problem = track(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}", tmp_path, *map(trial, range(5)))
    assert problem is not None
    assert "8 records could not be written to MLflow" in problem


def test_artifacts_are_found_where_the_folder_was_moved(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "bundle").mkdir(parents=True)
    assert track(f"sqlite:///{old / 'mlflow.db'}", old, trial(0)) is None
    shutil.move(old, new)
    uri = f"sqlite:///{new / 'mlflow.db'}"
    assert track(uri, new, trial(0), trial(1)) is None
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("FusionNAS made")
    for run in client.search_runs([experiment.experiment_id]):
        assert client.list_artifacts(run.info.run_id)
        assert run.info.artifact_uri.startswith(new.as_uri())
    (version,) = client.search_model_versions("name='made-gap'")
    model = Path(version.source.removeprefix("file://"))
    assert (model / "MLmodel").is_file()
    assert model.is_relative_to(new)


def test_a_component_has_one_name_with_and_without_parameters() -> None:
    alone = {"global": ["lstm"], "fusion": "skip", "width": 16}
    full = {
        "global": [{"kind": "lstm", "layers": 2, "attention": "soft"}],
        "fusion": {"kind": "skip", "gate": True},
        "width": 16,
    }
    first, second = dict(flat(alone)), dict(flat(full))
    assert first == {"global0.kind": "lstm", "fusion.kind": "skip", "width": 16}
    assert first.items() <= second.items()
    assert second["global0.attention.kind"] == "soft"
