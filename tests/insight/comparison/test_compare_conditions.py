"""Networks that read conditions side by side: rows, and their compositions drawn together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.conditions import Conditions
from fusionnas.errors import DataError, OptionError
from fusionnas.insight.comparison import compare
from fusionnas.insight.comparison.test_set import TestSet
from fusionnas.insight.known_data import KnownData
from fusionnas.models.predictor import Predictor
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.columns import values_of
from tests.made.condition_study import condition_study, condition_table


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return condition_study(tmp_path_factory)


def test_the_test_part_is_that_of_the_study(study: StudyFolder) -> None:
    found = compare(study.path)
    rows = FinishedStudy(study).predictions
    assert found.compositions == len(rows)
    assert "test rows" in repr(found)
    own = found.predictions.astype({"temperature": float})
    own = own.merge(rows, on=["formula", "temperature", "route"])
    assert len(own) == len(rows)
    np.testing.assert_allclose(own[study.name], own["prediction"], rtol=1e-4, atol=1e-4)
    assert found.table["mae"].iloc[0] == pytest.approx(
        np.abs(rows["prediction"] - rows["target"]).mean(), rel=1e-4
    )
    kinds = found.table.set_index("name")["kind"]
    assert (kinds == "yardstick").sum() >= 2
    assert found.view.png(30)


def test_other_data_name_the_conditions_by_their_columns(
    study: StudyFolder, tmp_path: Path
) -> None:
    table = condition_table()
    known = set(study.data()["formula"])
    new = table.assign(formula=table["formula"] + "N")
    assert not known & set(new["formula"])
    new.to_csv(tmp_path / "new.csv", index=False)
    found = compare(study.path, data=tmp_path / "new.csv", target_column="target")
    assert found.compositions == len(new)
    wanted = Predictor.load(study.best).predict(
        found.predictions["formula"],
        conditions={name: found.predictions[name].tolist() for name in ("temperature", "route")},
    )
    np.testing.assert_allclose(
        found.predictions[study.name], values_of(wanted, "value"), rtol=1e-4, atol=1e-4
    )
    table[["formula", "temperature", "target"]].to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(DataError, match="no column 'route', which is a condition"):
        compare(study.path, data=tmp_path / "less.csv", target_column="target")


def test_another_network_reads_the_rows_by_its_own_scale(study: StudyFolder) -> None:
    """A mean and a spread of another table give the same values of the conditions."""
    known = KnownData.of_study(study)
    test = TestSet.of(known, known.where("test"))
    assert known.conditions is not None
    first, *others = known.conditions.columns
    other = Conditions((replace(first, mean=0.0, std=7.0), *others))
    read = test.read_by(other)
    assert read.conditions is not None
    assert other.decode(read.conditions) == {k: list(v) for k, v in test.cells.items()}
    assert test.groups is not None
    assert len(np.unique(test.groups)) == len(set(test.table.formulas()))


def test_networks_of_other_conditions_are_not_compared(study: StudyFolder) -> None:
    model = Predictor.load(study.best)
    assert model.conditions is not None
    fewer = {**model.manifest, "conditions": Conditions(model.conditions.columns[:1]).to_plain()}
    other = Predictor(replace(model.bundle, manifest=fewer))
    with pytest.raises(OptionError, match="read other conditions cannot be compared"):
        compare(study.path, other)
