"""What a study of several targets leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import fusionnas
from fusionnas.errors import OptionError, StudyError, ViewError
from fusionnas.files.yaml_file import write_yaml
from fusionnas.insight.environments import describe
from fusionnas.models.bundle import read_manifest
from fusionnas.report.page import write_report
from fusionnas.report.views import make_view
from fusionnas.searching.result_file import read_result
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import SAMPLE_EFFICIENCY, StudyFolder
from fusionnas.studies.one_target import TargetOfStudy
from fusionnas.studies.sameness import check_same
from fusionnas.studies.status import status
from fusionnas.tasks.columns import values_of
from fusionnas.terminal.console import plain_console
from fusionnas.terminal.predictions import plain_predictions
from fusionnas.terminal.search import print_summary
from fusionnas.tracking.mlflow_names import study_metrics, trial_metrics
from fusionnas.workflows.sample_efficiency import (
    SHARES,
    measure_sample_efficiency,
    stored_dataset,
)
from fusionnas.workflows.study_result import open_study
from tests.made.several import NAMES, UNITS, study_of_targets, table_of_targets


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return study_of_targets(tmp_path_factory)


def test_its_summary_tells_each_target(study: StudyFolder) -> None:
    summary = study.summary()
    chosen, predictions = summary["chosen"], FinishedStudy(study).predictions
    predicted, truth = (values_of(predictions, name) for name in ("prediction", "target"))
    ratios = []
    for place, one in enumerate(summary["targets"]):
        known = np.isfinite(truth[:, place])
        assert 0 < known.sum() < len(known)
        errors = np.abs(predicted - truth)[known, place]
        assert one["chosen"]["test_mae"] == pytest.approx(errors.mean())
        assert chosen[f"test_mae/{NAMES[place]}"] == pytest.approx(errors.mean())
        ratios.append(errors.mean() / np.abs(truth[known, place] - one["median"]).mean())
        assert one["usefulness"]["network"]["words"] in summary["usefulness_words"]
        assert one["beside_yardsticks"]["rows"][0]["val_mae"] > 0
    assert chosen["test_relative_mae"] == pytest.approx(np.mean(ratios))
    assert summary["objectives"] == ["val_relative_mae", "cecv_deviation"]
    assert "test relative MAE" in summary["best_words"]
    rows = {row["name"]: row for row in summary["beside_yardsticks"]["rows"]}
    assert rows["median"]["test_relative_mae"] == pytest.approx(1, abs=0.2)


def test_its_status_names_the_relative_mae(study: StudyFolder) -> None:
    found = status(study.path)
    assert found.error.label == "relative MAE"
    assert found.to_dict()["test_relative_mae"] == study.summary()["chosen"]["test_relative_mae"]


def test_its_network_predicts_each_target_and_tells_what_is_known(study: StudyFolder) -> None:
    model, data = fusionnas.load(study.path), study.data()
    values = values_of(data, "target")
    gap = int(np.flatnonzero(np.isnan(values[:, 0]))[0])
    frame = model.predict(data["formula"].tolist())
    for place, name in enumerate(NAMES):
        np.testing.assert_allclose(frame[f"known_{name}"], values[:, place])
    assert frame[f"known_from_{NAMES[0]}"][gap] == ""
    plain = plain_predictions(frame.iloc[[gap]].assign(error=""))[0]
    assert {f"known_{NAMES[0]}", f"known_from_{NAMES[0]}"}.isdisjoint(plain)
    assert f"known_{NAMES[1]}" in plain or f"known_{NAMES[2]}" in plain
    one = fusionnas.load(f"{study.path}:{NAMES[2]}")
    alone = one.predict(data["formula"].tolist())
    for kind in ("value", "lower", "upper", "known", "known_from"):
        assert alone[kind].equals(frame[f"{kind}_{NAMES[2]}"])
    assert (
        one.manifest["metrics"]["test_mae"] == study.summary()["targets"][2]["chosen"]["test_mae"]
    )
    assert one.manifest["metrics"]["yardsticks"]["best"]


def test_one_target_of_it_is_a_study_of_one_for_views(study: StudyFolder) -> None:
    whole = FinishedStudy(study)
    for place, unit in enumerate(UNITS.split(",")):
        one = TargetOfStudy(study, whole, place)
        assert (one.unit, one.name, one.test) == (unit, NAMES[place], "test_mae")
        error = np.abs(one.test_errors).mean()
        assert error == pytest.approx(one.summary["chosen"]["test_mae"])
        assert len(one.test_compositions) == len(one.predictions) < len(whole.predictions)
        assert set(one.data) == {"formula", "target", "part"}


def test_its_page_draws_each_target(study: StudyFolder) -> None:
    found = write_report(
        study, ["target-errors", "yardsticks", "parity-2-elements", "targets-3-sum"]
    )
    assert not found.left_out
    page = study.report.read_text(encoding="utf-8")
    for words in ("Each target", "The relative MAE is the mean", "elements: prediction and target"):
        assert words in page
    result = open_study(study.path)
    assert len(result.view("target-errors").table) == 2 * len(NAMES)
    with pytest.raises(ViewError, match="numbers of one target, and the study has several"):
        result.view("parity")


def test_the_terminal_and_mlflow_tell_each_target(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = study.summary()
    print_summary(plain_console(), summary, str(study.path))
    told = capsys.readouterr().out
    for one in summary["targets"]:
        assert f"{one['target']}" in told
        assert f"{one['chosen']['test_mae']:.4g}" in told
    metrics = study_metrics(summary)
    assert metrics["mae/sum/test"] == summary["targets"][2]["chosen"]["test_mae"]
    assert metrics["mae/sum/test of the best yardstick"] > 0
    trial = {"metrics": {"val_mae/K (GPa)": 1.0, "val_relative_mae": 0.5}}
    assert [name for name, *_ in trial_metrics(trial)] == ["mae/K _GPa_/val", "relative_mae/val"]


def test_any_trial_can_be_exported(study: StudyFolder, tmp_path: object) -> None:
    summary = study.summary()
    other = next(r["number"] for r in summary["front"])
    found = fusionnas.export(study.path, f"{tmp_path}/knee", trial=str(other))
    manifest = read_manifest(found.path)
    assert [one["target"] for one in manifest["targets"]] == list(NAMES)
    assert all(one["metrics"]["val_mae"] > 0 for one in manifest["targets"])


@pytest.mark.guards
def test_its_network_is_exported_with_a_value_of_each_target(
    study: StudyFolder, tmp_path: Path
) -> None:
    found = fusionnas.export(study.path, tmp_path / "model", format="torch")
    assert read_manifest(found.path)["exported"]["largest_difference"] < 1e-4
    program = torch.export.load(str(found.path / "model.pt2")).module()
    value, _ = program(torch.tensor([[3, 9]]), torch.ones(1, 2, dtype=torch.float64))
    frame = fusionnas.load(study.best).predict(["LiF"])
    for place, name in enumerate(NAMES):
        assert value[0, place].item() == pytest.approx(frame[f"value_{name}"].item(), rel=1e-4)
    assert sorted(path.name for path in found.path.glob("calibration*")) == sorted(
        path.name for path in study.best.glob("calibration*")
    )


def test_what_reads_one_target_says_so(study: StudyFolder) -> None:
    with pytest.raises(OptionError, match="and a comparison needs one: name it"):
        fusionnas.compare(str(study.path), data=str(study.data_file))
    facts = json.loads(json.dumps(dict(study.facts)))
    facts["data"]["targets"][0]["unit"] = "eV"
    with pytest.raises(StudyError, match=r"the units \(were electronegativity Pauling, .* are now"):
        check_same(study, facts)


def test_sample_efficiency_is_in_relative_maes(study: StudyFolder, tmp_path: Path) -> None:
    """Of the medians of the whole training part, which are the same for all shares.

    In a study with folds the whole part is trained, too; otherwise the search has done this.
    """
    copy = StudyFolder(tmp_path / "copy")
    shutil.copytree(study.path, copy.path)
    dataset = stored_dataset(copy)
    assert dataset.fingerprint == copy.facts["data"]["fingerprint"]
    assert [one.unit for one in dataset.several] == UNITS.split(",")
    steps: list[str] = []
    facts = dict(copy.facts)
    write_yaml(copy.path / "study.yaml", facts | {"folds": 3})
    with_folds = measure_sample_efficiency(copy, lambda words, *_: steps.append(words))
    assert "validation relative MAE" in steps[0]
    assert [run.share for run in with_folds] == list(SHARES)
    assert f"epochs on {len(dataset.parts.train)} rows" in steps[-1]
    write_yaml(copy.path / "study.yaml", facts | {"folds": 0})
    trained = len(steps)
    runs = measure_sample_efficiency(copy, lambda words, *_: steps.append(words))
    assert len(steps) == trained
    assert runs[:-1] == with_folds[:-1]
    number = copy.summary()["chosen"]["number"]
    result = read_result(copy.trial(number))
    assert result is not None
    assert runs[-1].val_error == result["val_relative_mae"]
    write_yaml(copy.path / "study.yaml", facts | {"folds": 3})
    view = make_view(FinishedStudy(copy), "sample-efficiency")
    assert view.table["val_relative_mae"].tolist() == [run.val_error for run in with_folds]
    data = copy.data()
    data.loc[data["part"] == "train", "target[sum]"] = ""
    data.to_csv(copy.data_file, index=False)
    (copy.path / SAMPLE_EFFICIENCY).unlink()
    with pytest.raises(StudyError, match="with a value of each target, but that of 'copy' has 0"):
        measure_sample_efficiency(copy)


def test_its_probe_is_clustered_by_all_rows(study: StudyFolder, tmp_path: Path) -> None:
    """Those that validate any of the targets."""
    table_of_targets().to_csv(tmp_path / "table.csv", index=False)
    found = describe(
        [str(study.path)],
        data=tmp_path / "table.csv",
        probe="all",
        target_column=",".join(NAMES),
    )
    data = study.data()
    validating = set(data.loc[data["part"] == "val", "formula"])
    assert set(found.probe.table.formulas()) <= validating
    assert len(found.probe.table) > 0.5 * len(validating)
    (only,) = found.subjects
    assert only.vector.counts[0] > 1
