"""A whole search of several targets, with folds, yardsticks, a final training and a predictor."""

from __future__ import annotations

import json

import numpy as np
import pytest

import fusionnas as package
from fusionnas.estimators import FusionSearchCV
from fusionnas.models.bundle import read_manifest
from fusionnas.models.yardstick_member import MemberOfTargets
from fusionnas.studies.finished import FinishedStudy
from fusionnas.tasks.columns import values_of
from fusionnas.workflows.study_result import StudyResult
from tests.made.here import without_ray
from tests.made.searched import SPACE
from tests.made.several import NAMES, UNITS, table_of_targets
from tests.made.short_report import short_report

pytestmark = pytest.mark.guards  # a search with its final training, and its resume


OPTIONS = {"trials": 2, "epochs": 16, "folds": 2, "name": "study", "probe": "all", "workers": 1}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = tmp_path_factory.mktemp("targets")
    (folder / "tiny.yaml").write_text(SPACE)
    with without_ray(), short_report():
        return package.search(
            str(folder / "tiny.yaml"),
            table_of_targets(),
            target_column=",".join(NAMES),
            unit=UNITS,
            runs=folder / "runs",
            track=False,
            **OPTIONS,
        )


def test_every_network_has_a_head_for_each_target(result: StudyResult) -> None:
    for path in result.folder.path.glob("**/result.json"):
        plain = json.loads(path.read_text())
        if "architecture" in plain:
            assert plain["architecture"]["heads"] == len(NAMES)
            assert plain["architecture"].get("output", "none") == "none"


def test_the_predictor_is_chosen_and_judged_by_all_targets(result: StudyResult) -> None:
    mine, task = result.summary["predictor"], result.task
    predictions = result.predictions
    predicted, truth = (values_of(predictions, name) for name in ("predictor", "target"))
    assert mine["test_relative_mae"] == pytest.approx(task.error.measure(predicted, truth))
    for place, one in enumerate(mine["targets"]):
        known = np.isfinite(truth[:, place])
        error = np.abs(predicted - truth)[known, place].mean()
        assert one["test_mae"] == pytest.approx(error)
        assert one["interval"]["rows"] == mine["targets"][place]["interval"]["rows"] >= 20
        assert 0.5 < one["interval"]["coverage_90"] <= 1
    again = result.predictor.mixture_of_all(FinishedStudy(result.folder).test_compositions)
    np.testing.assert_allclose(again.value, predicted, rtol=1e-5)


def test_its_yardsticks_predict_each_target(result: StudyResult) -> None:
    rows = result.summary["beside_yardsticks"]["rows"]
    by_name = {row["name"]: row["test_relative_mae"] for row in rows}
    assert by_name["extra_trees_median"] < 0.7 < by_name["median"]
    member = next(m for m in result.predictor.members if isinstance(m, MemberOfTargets))
    assert [one.manifest["target"] for one in member.each] == list(NAMES)


def test_a_target_after_a_colon_has_intervals_of_its_own(result: StudyResult) -> None:
    formulas = ["NaCl", "SrTiO3"]
    frame = result.predictor.predict(formulas)
    for name in NAMES:
        one = package.load(f"{result.folder.path}:{name}")
        assert one.calibration is not None
        found = one.predict(formulas)
        for kind in ("value", "lower", "upper", "uncertainty"):
            assert found[kind].tolist() == frame[f"{kind}_{name}"].tolist()
    card = (result.folder.predictor / "model_card.md").read_text()
    for one in read_manifest(result.folder.predictor)["targets"]:
        assert f"| {one['target']} | " in card
        assert one["metrics"]["usefulness"]["words"] in card


def test_the_estimator_resumes_it_without_its_units(result: StudyResult) -> None:
    runs, frame = result.folder.path.parent, table_of_targets()
    space = str(runs.parent / "tiny.yaml")
    model = FusionSearchCV(space, runs=runs, resume=True, **OPTIONS)
    with without_ray(), short_report():
        model.fit(frame["formula"], frame[list(NAMES)])
    summary = model.study_.summary
    assert summary["predictor"]["parts"] == result.summary["predictor"]["parts"]
    assert [one["unit"] for one in summary["targets"]] == UNITS.split(",")
    value, deviation = model.predict(["NaCl", "SrTiO3"], return_std=True)
    assert value.shape == deviation.shape == (2, len(NAMES))
    assert model.best_estimator_.predict(["NaCl"]).shape == (1, len(NAMES))
