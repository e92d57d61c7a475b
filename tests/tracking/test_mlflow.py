from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fusionnas.tracking.mlflow_tracker import MlflowTracker

FACTS = {
    "id": "abc", "name": "study-1", "seed": 0,
    "space": {"name": "toy", "hash": "h"},
    "data": {"name": "made", "target": "gap", "unit": "eV"},
}  # fmt: skip


def trial(number: int, state: str = "done") -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    if state == "done":
        metrics = {"val_mae": 1.5, "cecv_deviation": 0.3, "collapsed": False,
                   "guidance": [0.1, None],
                   "cecv": {"0.05": 30.0, "0.1": 12.0}}  # fmt: skip
    return {
        "number": number, "state": state, "origin": "random", "line": "LSTM | w16",
        "reason": None if state == "done" else "made to fail",
        "architecture": {"width": 16, "global": [{"kind": "lstm", "layers": 2}], "local": []},
        "metrics": metrics,
        "history": [{"epoch": e, "train_loss": 1 / e, "val_mae": 2 / e, "learning_rate": 0.1}
                    for e in (1, 2, 3)],
    }  # fmt: skip


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def track(uri: str, folder: Path, *trials: dict[str, Any]) -> str | None:
    tracker = MlflowTracker(uri, folder / "artifacts")
    tracker.study_started(FACTS)
    for one in trials:
        tracker.trial_ended(one)
    (folder / "plot.png").write_bytes(b"png")
    tracker.study_ended({"verdict_words": "cannot tell", "chosen": {"test_mae": 2.5}},
                        [folder / "plot.png"])  # fmt: skip
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
    assert parents[0].data.params["space.name"] == "toy"
    assert parents[0].data.metrics["chosen.test_mae"] == 2.5
    assert parents[0].data.tags["verdict"] == "cannot tell"
    assert [a.path for a in client.list_artifacts(parents[0].info.run_id)] == ["plot.png"]
    done, failed = children["0"], children["1"]
    assert {c.data.tags["mlflow.parentRunId"] for c in children.values()} == {
        parents[0].info.run_id
    }
    assert (done.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert failed.data.tags["reason"] == "made to fail"
    assert done.data.params["global0.kind"] == "lstm"
    assert done.data.metrics["cecv/0.05"] == 30
    assert done.data.metrics["val_mae"] == 1.5
    epochs = client.get_metric_history(done.info.run_id, "epoch/val_mae")
    assert [(m.step, m.value) for m in epochs] == [(1, 2.0), (2, 1.0), (3, 2 / 3)]
    names = {a.path for a in client.list_artifacts(done.info.run_id)}
    assert names == {"architecture.yaml", "cecv.json"}
    path = client.download_artifacts(done.info.run_id, "cecv.json")
    assert json.loads(Path(path).read_text())["data"][0] == [0.05, 30.0, 0.1]


def test_a_tracker_that_cannot_write_says_so_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    problem = track(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}", tmp_path, *map(trial, range(5)))
    assert problem is not None
    assert "7 records could not be written to MLflow" in problem
