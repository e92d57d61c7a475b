"""Compositions of two elements at given conditions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fusionnas as package
from fusionnas.errors import OptionError
from fusionnas.insight.sweeps import sweep
from fusionnas.studies.folder import StudyFolder
from tests.made.command_line import fusionnas
from tests.made.condition_study import condition_study, condition_table

GIVEN = {"temperature": "800.0", "route": "sol-gel"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return condition_study(tmp_path_factory)


def test_values_and_shares_are_those_at_the_conditions(study: StudyFolder) -> None:
    found = sweep(study.path, ["Li", "F"], points=11, conditions=GIVEN)
    own = found.table.drop_duplicates("formula", keep=False)
    model = package.load(study.best)
    predicted = model.predict(own["formula"], conditions=GIVEN)
    for column in ("value", "lower", "upper"):
        np.testing.assert_allclose(own[column], predicted[column], rtol=1e-5)
    inner = own[(own["Li"] > 0) & (own["Li"] < 1)]
    np.testing.assert_allclose(inner["share_Li"] + inner["share_F"], inner["value"], rtol=1e-4)
    assert found.fixed == {"temperature": "800", "route": "sol-gel"}
    assert "temperature=800, route=sol-gel" in found.view.title


def test_known_rows_are_those_at_the_conditions(study: StudyFolder) -> None:
    found = sweep(study.path, ["Li", "F"], points=5, conditions=GIVEN)
    frame = condition_table().set_index(["formula", "temperature", "route"])["target"]
    assert found.known["formula"].tolist() == ["LiF"]
    assert found.known["known"].item() == pytest.approx(frame["LiF", 800.0, "sol-gel"])
    assert "3 known rows of these elements have other conditions, and are not shown." in found.notes
    assert not any("Not given" in note for note in found.notes)


def test_what_is_not_given_is_at_the_baseline(study: StudyFolder, tmp_path: Path) -> None:
    done = fusionnas(
        "sweep", str(study.path), "Li", "F", "--set", "route=melt", "--points", "5", "-o", "out",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "temperature=300.5, route=melt" in told
    assert "Not given, so at the median or the most frequent word of training: temperature" in told


def test_a_table_of_its_own_has_the_columns_of_the_model(
    study: StudyFolder, tmp_path: Path
) -> None:
    condition_table().to_csv(tmp_path / "table.csv", index=False)
    found = sweep(
        study.path, ["Li", "F"], points=5, conditions=GIVEN, data=tmp_path / "table.csv",
        target_column="target",
    )  # fmt: skip
    assert len(found.known) == 1


def test_a_condition_that_no_model_reads_is_told(study: StudyFolder) -> None:
    with pytest.raises(OptionError, match="has no condition 'rout'; did you mean 'route'"):
        sweep(study.path, ["Li", "F"], conditions={"rout": "melt"})
