"""One of several targets of a study beside the yardsticks of the study."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fusionnas.insight.comparison import compare
from fusionnas.insight.sweeps.along_condition import _with_predictor
from fusionnas.models.baselines.yardsticks import label_of
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import open_network
from tests.made.command_line import fusionnas
from tests.made.several import NAMES, UNITS, bundle_of_targets, study_of_targets
from tests.made.small_data import small_dataset


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return study_of_targets(tmp_path_factory)


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_its_errors_are_those_of_the_summary(study: StudyFolder, place: int) -> None:
    """Of the network and of every yardstick, on the test rows that have the target."""
    found = compare(f"{study.path}:{NAMES[place]}")
    assert (found.target, found.unit) == (NAMES[place], UNITS.split(",")[place])
    summary = study.summary()["targets"][place]
    errors = found.table.set_index("name")["mae"].to_dict()
    assert errors.pop(f"made:{NAMES[place]}") == pytest.approx(summary["chosen"]["test_mae"])
    rows = {row["label"]: row["test_mae"] for row in summary["beside_yardsticks"]["rows"]}
    assert errors.pop(label_of("median")) == pytest.approx(rows.pop(label_of("median")), rel=0.2)
    assert errors == pytest.approx(rows, rel=1e-5)
    assert len(errors) > 2
    first = found.table.iloc[0]
    assert (first["kind"], first["trials"]) == ("study", len(study.trials()))
    assert set(found.table["kind"].iloc[1:]) == {"yardstick"}


def test_another_model_of_the_target_is_compared_too(study: StudyFolder) -> None:
    found = compare(f"{study.path}:sum", f"{bundle_of_targets()}:sum")
    assert found.table["name"].tolist()[:2] == ["made:sum", "model:sum"]
    assert found.table["kind"].tolist()[1:3] == ["bundle", "yardstick"]


def test_on_other_compositions_the_errors_of_the_target_are_told(
    study: StudyFolder, tmp_path: Path
) -> None:
    data = small_dataset(300)
    frame = pd.DataFrame({"formula": data.table.formulas(), "sum": data.targets})
    known = set(study.data()["formula"])
    frame[~frame["formula"].isin(known)].to_csv(tmp_path / "new.csv", index=False)
    found = compare(f"{study.path}:sum", data=tmp_path / "new.csv")
    rows = study.summary()["targets"][2]["beside_yardsticks"]["rows"]
    extra = next(row for row in rows if row["name"] == "extra_trees_median")
    (told,) = [note for note in found.notes if "have no predictions for this test set" in note]
    assert f"{extra['label']} {extra['test_mae']:.4g}" in told
    assert "on the test part of made their MAE was" in told


def test_the_terminal_shows_them(study: StudyFolder) -> None:
    done = fusionnas("compare", f"{study.path}:sum", "--json", cwd=study.path)
    assert done.returncode == 0, done.stderr
    kinds = [one["kind"] for one in json.loads(done.stdout)["contenders"]]
    assert kinds.count("yardstick") > 2


def test_a_sweep_along_a_condition_has_the_study_s_predictor_of_the_target(
    study: StudyFolder,
) -> None:
    one = _with_predictor(open_network(f"{study.path}:sum"))
    assert one.predictor.manifest["target"] == "sum"
    assert one.predictor.known is not None
