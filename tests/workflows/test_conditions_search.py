"""A whole search on data with conditions, with folds, a final training and a predictor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fusionnas as package
from fusionnas.data.folds import study_splits
from fusionnas.data.stored_rows import stored_table
from fusionnas.errors import StudyError
from fusionnas.models.yardstick_member import YardstickMember
from fusionnas.workflows.study_result import StudyResult
from tests.made.condition_study import COLUMNS, condition_table
from tests.made.here import without_ray
from tests.made.searched import SPACE
from tests.made.short_report import short_report

pytestmark = pytest.mark.guards  # a search with its final training, and its resume


def searched(folder: Path, resume: bool = False, columns: str = COLUMNS) -> StudyResult:
    (folder / "tiny.yaml").write_text(SPACE)
    with without_ray(), short_report():
        return package.search(
            str(folder / "tiny.yaml"),
            condition_table(),
            input_columns=columns,
            trials=4,
            epochs=8,
            folds=3,
            name="study",
            probe="all",
            runs=folder / "runs",
            workers=1,
            track=False,
            resume=resume,
        )


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return searched(tmp_path_factory.mktemp("conditions"))


def test_a_composition_is_in_one_fold(result: StudyResult) -> None:
    folder = result.folder
    keys = stored_table(folder.data(), folder.conditions).keys()
    for parts in study_splits(folder.parts(), folder.folds, 0):
        held_out, others = set(keys[parts.val]), set(keys[parts.train]) | set(keys[parts.test])
        assert held_out
        assert not held_out & others


def test_the_predictor_depends_on_the_conditions(result: StudyResult) -> None:
    given = {"temperature": [300.5, 800, 800], "route": ["melt", "melt", "sol-gel"]}
    for model in (result.predictor, result.best):
        cold, hot, other = model.predict(["NaClH"] * 3, conditions=given)["value"]
        assert hot - cold > 2
        assert hot - other > 1
    assert result.summary["chosen"]["skill"] > 0.3


def test_yardsticks_read_conditions(result: StudyResult) -> None:
    rows = {row["name"]: row for row in result.summary["beside_yardsticks"]["rows"]}
    assert rows["random_forest_median"]["test_mae"] < 0.3 * rows["median"]["test_mae"]
    for member in result.predictor.members:
        if isinstance(member, YardstickMember):
            assert [one["name"] for one in member.manifest["conditions"]] == COLUMNS.split(",")


def test_the_predictor_lists_each_composition_once(result: StudyResult) -> None:
    compositions = result.predictor.compositions
    assert compositions is not None
    assert len(np.unique(compositions.keys())) == len(compositions)
    assert result.predictor.manifest["training_compositions"]["far_distance"] > 0


def test_other_columns_do_not_resume_it(result: StudyResult) -> None:
    folder = result.folder.path.parents[1]
    again = searched(folder, resume=True)
    assert again.summary["chosen"]["number"] == result.summary["chosen"]["number"]
    with pytest.raises(StudyError, match="the data"):
        searched(folder, resume=True, columns="route")
