"""A property along a condition, on a made study."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import fusionnas as package
from fusionnas.data.sources import load_dataset
from fusionnas.errors import BundleError, OptionError
from fusionnas.insight.sweeps import ConditionSweep, sweep_condition
from fusionnas.studies.folder import StudyFolder
from tests.made.command_line import fusionnas
from tests.made.condition_study import condition_study
from tests.made.made_study import made_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return condition_study(tmp_path_factory)


@pytest.fixture(scope="module")
def found(study: StudyFolder) -> ConditionSweep:
    fixed = {"route": "melt"}
    return sweep_condition(study.path, ["LiF", "NaCl"], "temperature", conditions=fixed, points=5)


def test_a_curve_has_the_predictions_over_the_range(
    study: StudyFolder, found: ConditionSweep
) -> None:
    curve = found.table[found.table["formula"] == "LiF"]
    np.testing.assert_allclose(curve["temperature"], np.linspace(300.5, 800, 5))
    given = {"temperature": curve["temperature"].tolist(), "route": "melt"}
    own = package.load(study.path).predict(["LiF"] * 5, conditions=given)
    for column in ("value", "lower", "upper"):
        np.testing.assert_allclose(curve[column], own[column], rtol=1e-5)


def test_known_values_are_those_of_the_compositions(found: ConditionSweep) -> None:
    known = found.known
    assert set(known["formula"]) == {"LiF", "NaCl"}
    assert len(known) == 8
    assert set(known["part"]) <= {"train", "val", "test"}
    fits = known[known["fits"] & (known["formula"] == "LiF")]
    assert fits[["temperature", "known"]].to_numpy().tolist() == [
        [300.5, pytest.approx(7.005)],
        [800, pytest.approx(12)],
    ]
    assert (known.loc[~known["fits"], "route"] == "sol-gel").all()


def test_each_word_can_have_a_curve(study: StudyFolder, tmp_path: Path) -> None:
    several = sweep_condition(study.path, ["LiF"], "temperature", by="route", points=3)
    assert several.table["route"].tolist() == ["melt"] * 3 + ["sol-gel"] * 3
    assert len(several.summary) == 2
    assert not several.notes
    assert several.known["fits"].all()
    picture = several.save(tmp_path)[0]
    assert picture.stat().st_size > 1000


def test_along_a_category_are_its_words(study: StudyFolder, tmp_path: Path) -> None:
    done = fusionnas(
        "sweep", str(study.path), "LiF", "--along", "route", "--set", "temperature=800",
        "-o", "out", "--html", "page.html", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plain = json.loads(done.stdout)
    assert [row["route"] for row in plain["table"]] == ["melt", "sol-gel"]
    assert (tmp_path / "out" / "sweep-route.svg").is_file()
    assert "Known values" in (tmp_path / "page.html").read_text(encoding="utf-8")
    printed = fusionnas("sweep", str(study.path), "LiF", "--along", "route", cwd=tmp_path)
    assert "at the median or the most frequent word of training: temperature=" in " ".join(
        printed.stdout.split()
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"along": "temp"}, "did you mean 'temperature'"),
        ({"along": "temperature", "by": "temperature"}, "--by takes a category"),
        ({"along": "temperature", "conditions": {"route": "spin"}}, "never saw route=spin"),
        ({"along": "route", "conditions": {"temperature": "hot"}}, "not a number"),
        ({"along": "route", "conditions": {"route": "melt"}}, "cannot be fixed"),
        ({"along": "temperature", "points": 1}, "--points must be from 2"),
    ],
)
def test_what_cannot_be_swept_is_told(
    study: StudyFolder, options: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        sweep_condition(study.path, ["LiF"], **options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="at least one formula"):
        sweep_condition(study.path, [], "route")


def test_a_number_that_is_written_otherwise_is_the_same_condition(study: StudyFolder) -> None:
    fixed = [
        sweep_condition(study.path, ["LiF"], "route", conditions={"temperature": value})
        for value in (800, 800.0, "800.00")
    ]
    assert fixed[0].known["fits"].any()
    assert all(one.known.equals(fixed[0].known) for one in fixed)


def test_data_without_a_condition_of_the_model_are_refused(
    study: StudyFolder, tmp_path: Path
) -> None:
    frame = study.data().drop(columns=["part"])
    columns = {c: c.removeprefix("condition[").removesuffix("]") for c in frame.columns}
    own = load_dataset(frame.rename(columns=columns), input_columns="temperature")
    other = made_study(tmp_path, own, trials=2, firsts=2)
    with pytest.raises(BundleError, match="reads 'route' beside the formula, which the data of"):
        sweep_condition(study.path, ["LiF"], "temperature", study=other.path)
