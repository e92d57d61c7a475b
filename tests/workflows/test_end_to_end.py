"""A whole search on a small real slice, with Ray and MLflow, and what follows from it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape  # as the page does it

from fusionnas.insight.environments import describe
from fusionnas.models.baselines.yardsticks import YARDSTICKS
from fusionnas.searching.result_file import read_result
from fusionnas.studies.folder import StudyFolder
from tests.made.command_line import fusionnas
from tests.made.searched import ROWS, TRIALS, command, searched
from tests.made.small_data import small_dataset

pytestmark = pytest.mark.guards  # a whole search with Ray and MLflow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return searched(tmp_path_factory, "end-to-end")


def test_the_folder_holds_everything(study: StudyFolder) -> None:
    for name in (
        "study.yaml",
        "data.csv.gz",
        "probe.csv",
        "study.db",
        "trials.csv",
        "band.json",
        "summary.json",
        "cecv.png",
        "report.html",
        "test_predictions.csv",
        "best/manifest.json",
    ):
        assert (study.path / name).is_file(), name
    trials = study.trials()
    assert (trials["state"] != "duplicate").sum() == TRIALS
    done = trials[trials["state"] == "done"]
    for number in done["number"]:
        assert (study.trial(number) / "weights.safetensors").is_file()
    assert len(study.references()) >= 6
    facts = study.facts
    assert facts["space"]["name"] == "tiny"
    assert facts["data"]["unit"] == "Pauling"


def test_the_folder_keeps_the_data(study: StudyFolder) -> None:
    kept, data = study.data(), small_dataset(ROWS)
    counts = study.facts["data"]["compositions"]
    assert kept["part"].value_counts().to_dict() == dict(counts)
    expected = dict(zip(data.table.formulas(), data.targets, strict=True))
    # pandas reads the last digit of a user's CSV as it likes
    assert dict(zip(kept["formula"], kept["target"], strict=True)) == pytest.approx(expected)


def test_the_summary_is_consistent(study: StudyFolder) -> None:
    summary, trials = study.summary(), study.trials()
    chosen = summary["chosen"]
    assert chosen["val_mae"] == pytest.approx(trials["val_mae"].min())
    assert chosen["skill"] > 0.3
    assert set(summary["yardsticks"]) == {*(row.name for row in YARDSTICKS), "lstm"}
    beside = summary["beside_yardsticks"]
    assert beside["best"] == beside["rows"][0]["name"] != "median"
    assert beside["rows"][0]["val_mae"] == min(row["val_mae"] for row in beside["rows"])
    assert beside["rows"][0]["label"] in beside["words"]
    assert chosen["test_mae"] < summary["yardsticks"]["median"]
    front = trials[trials["on_front"]].sort_values("val_mae")
    assert [row["number"] for row in summary["front"]] == front["number"].tolist()
    predictions = pd.read_csv(study.path / "test_predictions.csv", na_filter=False)
    error = (predictions["target"] - predictions["prediction"]).abs().mean()
    assert error == pytest.approx(chosen["test_mae"], abs=1e-5)
    assert 0 < summary["overhead"] < 1
    assert summary["verdict"]["verdict"] == "cannot tell"


def test_the_report_stands_alone(study: StudyFolder) -> None:
    page = (study.path / "report.html").read_text(encoding="utf-8")
    summary = study.summary()
    for words in (
        "How good is it, and what can it be used for",
        "What did the search do",
        "did that inform the search",
        "How to repeat",
        html.escape(summary["chosen"]["line"]),
        summary["verdict_words"],
        str(escape(summary["beside_yardsticks"]["words"])),
        study.facts["command"],
    ):
        assert words in page
    assert len(page) < 5e6
    # nothing is loaded from elsewhere
    links = re.findall(r"""(?:src|href|xlink:href)=["']([^"']*)""", page)
    assert all(link.startswith(("data:", "#")) for link in links)
    assert page.count("<svg") >= 12
    assert page.count("<tr") >= len(study.trials())


def test_what_was_printed(study: StudyFolder) -> None:
    out = (study.path.parents[1] / "out.txt").read_text()
    err = (study.path.parents[1] / "err.txt").read_text()
    for words in (
        "Pareto front",
        "Recommended",
        "On the test part",
        "random forest",
        "median predictor",
        "LSTM reference",
        "LightGBM",
        "The best yardstick",
        "Report",
        "Bundle",
    ):
        assert words in out
    assert f"{TRIALS}/{TRIALS} trials, best validation MAE" in err
    for noise in ("Warning", "INFO", "Traceback", "raylet"):
        assert noise not in err


def test_mlflow_has_a_run_for_each_trial(study: StudyFolder) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{study.path.parent / 'mlflow.db'}")
    (experiment,) = (e for e in client.search_experiments() if e.name.startswith("FusionNAS"))
    runs = client.search_runs([experiment.experiment_id])
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    told = study.trials()
    told = told[told["state"] != "duplicate"]
    assert sorted(int(r.data.tags["fusionnas.trial"]) for r in children) == told["number"].tolist()
    (parent,) = (run for run in runs if run not in children)
    assert parent.info.status == "FINISHED"
    names = {artifact.path for artifact in client.list_artifacts(parent.info.run_id)}
    assert names == {"report.html", "cecv.png", "study.json"}
    best = study.summary()["chosen"]["number"]
    (run,) = (r for r in children if r.data.tags["fusionnas.trial"] == str(best))
    assert run.data.metrics["mae/val"] == pytest.approx(study.summary()["chosen"]["val_mae"])
    assert run.data.metrics["cecv/0.05"] >= run.data.metrics["cecv/0.40"]
    (version,) = client.search_model_versions("name='data-target'")
    assert version.run_id == run.info.run_id


def test_the_exported_bundle_predicts_in_a_new_process(study: StudyFolder) -> None:
    where = study.path.parents[1]
    exported = fusionnas("export", "study", "-o", "model", cwd=where)
    assert exported.returncode == 0, exported.stderr
    predictions = pd.read_csv(study.path / "test_predictions.csv", na_filter=False).head(5)
    formulas = predictions["formula"].tolist()
    done = subprocess.run(
        [sys.executable, "-m", "fusionnas", "predict", "model", *formulas, "--json"],
        cwd=where,
        capture_output=True,
        check=True,
    )
    predicted = [row["value"] for row in json.loads(done.stdout)]
    assert predicted == pytest.approx(predictions["prediction"].tolist(), abs=1e-5)
    manifest = json.loads((where / "model" / "manifest.json").read_text())
    assert manifest["origin"]["rule"].startswith("lowest validation error")
    assert manifest["metrics"]["test_mae"] == study.summary()["chosen"]["test_mae"]
    low, high = manifest["metrics"]["test_mae_interval"]
    assert low < manifest["metrics"]["test_mae"] < high
    card = (where / "model" / "model_card.md").read_text()
    assert f"| **{manifest['metrics']['test_mae']:.4g}** |" in card
    assert "random forest (median of trees), test" in card
    assert study.summary()["beside_yardsticks"]["words"] in card
    assert "test predictions repeated in a fresh process" in exported.stdout


def test_weights_that_are_not_the_recorded_ones_are_noticed(study: StudyFolder) -> None:
    """A trial whose files were mixed up with another's is not exported."""
    from fusionnas.errors import ExportError
    from fusionnas.workflows.export import export

    where = study.path.parents[1]
    copy = StudyFolder(where / "mixed")
    shutil.copytree(study.path, copy.path)
    chosen = study.summary()["chosen"]["number"]
    for name in ("weights.safetensors", "architecture.yaml"):
        shutil.copy(next(study.path.glob("references/dcnn-k1-*")) / name, copy.trial(chosen) / name)
    with pytest.raises(ExportError, match="do not belong together"):
        export(copy.path, where / "wrong")
    assert not (where / "wrong").exists()


def test_the_cecv_command_repeats_what_the_study_recorded(study: StudyFolder) -> None:
    """The study's probe, its references and its band, from the weights that it left."""
    found = describe([study.best], study=study.path)
    (subject,) = found.subjects
    chosen = study.summary()["chosen"]
    recorded = read_result(study.trial(chosen["number"]))
    assert recorded is not None
    assert found.probe.hash == study.facts["probe"]["hash"]
    assert list(subject.vector.counts) == recorded["cecv"]["counts"]
    band = study.band()
    assert band is not None
    assert found.band is not None
    np.testing.assert_allclose(found.band.global_curves, band.global_curves)
    np.testing.assert_allclose(found.band.local_curves, band.local_curves)
    if band.exists:
        score = found.score(subject.vector, subject.width)
        assert score is not None
        assert score.deviation == pytest.approx(chosen["cecv_deviation"])
        assert [row.guidance for row in found.guidance(subject)] == list(score.guidance)
    weights = found.table()["weights"].tolist()
    assert weights == ["trained", "untrained", *["reference"] * 4]


def test_another_trial_can_be_exported(study: StudyFolder) -> None:
    from fusionnas.errors import BundleError, OptionError, StudyError
    from fusionnas.workflows.export import export

    where = study.path.parents[1]
    trials = study.trials()
    done = trials[trials["state"] == "done"]["number"].tolist()
    other = next(n for n in done if n != study.summary()["chosen"]["number"])
    export(study.path, where / "other", str(other))
    manifest = json.loads((where / "other" / "manifest.json").read_text())
    assert manifest["origin"]["trial"] == other
    assert "test_mae" not in manifest["metrics"]
    with pytest.raises(BundleError, match="exists already"):
        export(study.path, where / "other", str(other))
    with pytest.raises(StudyError, match="no finished trial 999"):
        export(study.path, where / "third", "999")
    at_the_knee = export(study.path, where / "knee", "knee")
    assert at_the_knee.trial in [row["number"] for row in study.summary()["front"]]
    manifest = json.loads((where / "knee" / "manifest.json").read_text())
    assert manifest["origin"]["rule"] == at_the_knee.rule
    with pytest.raises(OptionError, match="best, knee or the number"):
        export(study.path, where / "third", "worst")


def test_a_name_that_exists_and_a_changed_resume_are_refused(study: StudyFolder) -> None:
    where = study.path.parents[1]
    before = (study.path / "study.yaml").read_bytes()
    for arguments, message in (
        ((), "exists already; add --resume"),
        (("--resume", "--seed", "1"), "the data"),
        (("--resume", "--epochs", "3"), "cannot be resumed: the recipe changed"),
    ):
        done = fusionnas(*command(*arguments, trials=9), cwd=where)
        assert done.returncode == 2, done.stderr
        assert message in done.stderr
    assert (study.path / "study.yaml").read_bytes() == before
