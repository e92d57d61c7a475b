"""What a study of data with conditions leaves, and how it is used."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch

import fusionnas as package
from fusionnas.data.stored_rows import stored_table
from fusionnas.errors import ExportError, OptionError
from fusionnas.insight.environments import describe
from fusionnas.models.bundle import read_manifest
from fusionnas.report.views import VIEWS, fitting, make_view
from fusionnas.searching.result_file import read_result
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.export import export
from fusionnas.workflows.sample_efficiency import stored_dataset
from tests.made.command_line import fusionnas
from tests.made.condition_study import condition_study, condition_table
from tests.made.made_study import predict_here

MELT = {"temperature": "300.5", "route": "melt"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return condition_study(tmp_path_factory)


def test_all_its_networks_read_conditions(study: StudyFolder) -> None:
    facts = study.facts
    assert set(facts["space"]["definition"]["condition"]) == {"readout", "element", "gate"}
    assert "at temperature=300.5, route=" in facts["probe"]["note"]
    lines = study.trials()["architecture"]
    assert lines.str.contains("conditions at").all()
    for run in study.references():
        result = read_result(run.path)
        assert result is not None
        assert result["architecture"]["condition"] == {"kind": "readout", "channels": 3}


def test_its_stored_data_are_the_data(study: StudyFolder) -> None:
    assert stored_dataset(study).fingerprint == study.facts["data"]["fingerprint"]
    data = package.load_dataset(condition_table(), input_columns="temperature,route")
    stored = stored_table(study.data(), study.conditions)
    assert stored.conditions is not None
    np.testing.assert_array_equal(stored.conditions, data.table.conditions)


def test_predictions_of_the_test_part_name_their_conditions(study: StudyFolder) -> None:
    rows = FinishedStudy(study).predictions
    assert list(rows.columns[:4]) == ["formula", "target", "temperature", "route"]
    value = FinishedStudy(study).best.mixture(FinishedStudy(study).test_compositions).value
    np.testing.assert_allclose(value, rows["prediction"], rtol=1e-4, atol=1e-5)


def test_a_known_value_is_that_of_the_same_conditions(study: StudyFolder) -> None:
    model = package.load(study.path)
    given = {"temperature": [300.5, "300.50", 800, 550], "route": "melt"}
    found = model.predict(["LiF"] * 4, conditions=given)
    np.testing.assert_allclose(found["known"], [7.005, 7.005, 12.0, np.nan], rtol=1e-3)
    assert found["known_from"].iloc[3] == ""


def test_a_study_predicts_with_set(study: StudyFolder, tmp_path: Path) -> None:
    done = fusionnas(
        "predict", str(study.path), "LiF", "--set", "temperature=800", "--set", "route=melt",
        "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["known"] == pytest.approx(12.0)


def test_a_trial_is_exported_and_predicts_the_same(study: StudyFolder, tmp_path: Path) -> None:
    chosen = study.summary()["chosen"]["number"]
    other = next(n for n in study.trials()["number"] if n != chosen)
    with mock.patch("fusionnas.workflows.verification.predict_afresh", predict_here):
        # predictions are repeated, and then its made-up error is not that of its weights
        with pytest.raises(ExportError, match="validation MAE"):
            export(study.path, tmp_path / "bundle", str(other))
        assert "repeated in a fresh process" in export(study.path, tmp_path / "best").check
    card = (tmp_path / "best" / "model_card.md").read_text(encoding="utf-8")
    assert "from its chemical formula and temperature and route." in card
    assert "--set temperature=300.5" in card


@pytest.mark.guards
def test_its_network_is_exported_with_its_conditions(study: StudyFolder, tmp_path: Path) -> None:
    """At a word and a temperature of its table, as codes and numbers."""
    with mock.patch("fusionnas.workflows.verification.predict_afresh", predict_here):
        found = export(study.path, tmp_path / "model", format="torch")
    assert read_manifest(found.path)["exported"]["largest_difference"] < 1e-4
    rows = (study.data()["part"] == "test").sum()
    assert f"over compounds of 1 to 10 elements and {rows} test compounds" in found.check
    program = torch.export.load(str(found.path / "model.pt2")).module()
    numbers, fractions = torch.tensor([[3, 9]]), torch.ones(1, 2, dtype=torch.float64)
    conditions = torch.tensor([[800.0, 1.0]], dtype=torch.float64)
    value, _ = program(numbers, fractions, conditions)
    given = {"temperature": 800, "route": "sol-gel"}
    expected = package.load(study.best).predict(["LiF"], conditions=given)["value"]
    assert value.item() == pytest.approx(expected.item(), abs=1e-4)


def test_each_view_of_numbers_is_drawn(study: StudyFolder) -> None:
    material = FinishedStudy(study)
    assert "error-by-condition" in [maker.name for maker in fitting(VIEWS, material)]
    for name in ("error-by-condition", "element-contributions", "efm", "formula-contributions"):
        assert len(make_view(material, name).table)


def test_the_error_along_a_condition_is_that_of_all_its_rows(study: StudyFolder) -> None:
    material = FinishedStudy(study)
    table = make_view(material, "error-by-condition").table
    assert table["value"].tolist() == ["300.5", "800", "melt", "sol-gel"]
    for _, own in table.groupby("condition"):
        assert own["rows"].sum() == len(material.predictions)
        mean = (own["rows"] * own["mae"]).sum() / own["rows"].sum()
        assert mean == pytest.approx(study.summary()["chosen"]["test_mae"], rel=1e-4)


def test_the_cecv_is_that_of_the_study(study: StudyFolder) -> None:
    """All compounds are at the baseline, which a note names."""
    found = describe([study.path], study=study.path)
    chosen = study.summary()["chosen"]["number"]
    result = read_result(study.trial(chosen))
    assert result is not None
    assert found.probe.hash == study.facts["probe"]["hash"]
    assert any("reads all compounds at temperature=300.5, route=" in one for one in found.notes)
    subject = found.subjects[0]
    assert subject.table.conditions is not None
    assert len(np.unique(subject.table.conditions, axis=0)) == 1
    assert found.clusters(subject, 0.2)
    listed = describe([study.path], probe="list")
    assert listed.probe.hash != found.probe.hash


def test_shares_add_up_at_given_conditions(study: StudyFolder) -> None:
    model = package.load(study.best)
    given = {"temperature": 800, "route": "melt"}
    value = model.predict(["LiF"], conditions=given)["value"].item()
    assert sum(model.shares("LiF", given).values()) == pytest.approx(value, rel=1e-4)
    assert model.shares("LiF") == model.shares("LiF", model.conditions.baseline)
    with pytest.raises(OptionError, match="no condition 'rout'"):
        model.shares("LiF", {"rout": "melt"})
