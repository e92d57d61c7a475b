"""Measurements that are added to studies of classes, with conditions, and with weights."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError, OptionError
from fusionnas.files.yaml_file import write_yaml
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.observe import Observed, observe
from tests.made.class_study import THREE, TWO, class_study
from tests.made.condition_study import condition_study
from tests.made.made_study import made_study
from tests.made.once import once
from tests.made.several import NAMES, study_of_targets
from tests.made.small_data import small_dataset


def added(study: StudyFolder, rows: pd.DataFrame, folder: Path) -> Observed:
    rows.to_csv(folder / "measured.csv", index=False)
    return observe(study.path, folder / "measured.csv", output=folder / "new.csv")


def reloaded(done: Observed) -> Dataset:
    """The data as the command of the next search reads them."""
    words = shlex.split(done.command)[2:]
    given = dict(zip(words[::2], words[1::2], strict=True))
    names = (
        *("target-column", "input-columns", "weight-column", "error-column"),
        *("task", "split", "merge"),
    )
    options = {n.replace("-", "_"): given[f"--{n}"] for n in names if f"--{n}" in given}
    return load_dataset(given["--data"], **options)


def parts(data: pd.DataFrame) -> dict[str, str]:
    return dict(zip(data["formula"], data["part"], strict=True))


@pytest.mark.parametrize("classes", [TWO, THREE], ids=len)
def test_a_class_is_added_by_its_name(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, classes: tuple[str, ...]
) -> None:
    study = class_study(tmp_path_factory, classes)
    target = study.facts["data"]["target"]
    rows = pd.DataFrame({"formula": ["Li2Xe", "Na3Kr"], target: ["high", ""]})
    done = added(study, rows, tmp_path)
    assert (done.new, done.again, done.skipped) == (1, 0, 1)
    data = reloaded(done)
    assert data.classes == tuple(sorted(classes))
    codes = dict(zip(data.table.formulas(), data.targets, strict=True))
    assert data.classes[int(codes["Li2Xe"])] == "high"
    for formula, code in zip(*(study.data()[c] for c in ("formula", "target")), strict=True):
        assert data.classes[int(codes[formula])] == classes[int(code)]
    new = parts(data.to_frame())
    assert parts(study.data()).items() <= new.items()
    assert new["Li2Xe"] == "train"
    with pytest.raises(DataError, match="there is no class 'hihg'; did you mean 'high'"):
        added(study, rows.assign(**{target: "hihg"}), tmp_path_factory.mktemp("wrong"))


def test_conditions_are_added_with_their_rows(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study = condition_study(tmp_path_factory)
    known = study.data()["formula"].iloc[0]
    rows = pd.DataFrame(
        {
            "formula": [known, "SrXe", "SrXe"],
            "temperature": ["555", "300.5", "800"],
            "route": ["melt", "spin", "melt"],
            "target": [1.5, 2.5, 3.5],
        }
    )
    done = added(study, rows, tmp_path)
    assert (done.new, done.again) == (1, 1)
    data = reloaded(done)
    assert len(data.table) == len(study.data()) + 3
    frame = data.to_frame()
    assert set(frame.loc[frame["formula"] == "SrXe", "part"]) == {"train"}
    assert frame.groupby("formula")["part"].nunique().max() == 1
    assert parts(study.data()).items() <= parts(frame).items()
    with pytest.raises(DataError, match="no column 'route', which is a condition"):
        added(study, rows.drop(columns="route"), tmp_path_factory.mktemp("wrong"))


@pytest.mark.parametrize("column", ["weight", "error"])
def test_weights_of_new_rows_count_like_those_of_the_table(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, column: str
) -> None:
    """The next data set is that of one table with all rows."""
    made = small_dataset(120)
    frame = pd.DataFrame({"formula": made.table.formulas(), "target": made.targets})
    frame["w"] = np.exp(np.random.default_rng(0).uniform(-2, 1, len(frame)))

    def make(folder: Path) -> None:
        data = load_dataset(frame, **{f"{column}_column": "w"})
        made_study(folder, data, trials=2, firsts=2)

    study = StudyFolder(once(tmp_path_factory, f"observed-{column}", make) / "made")
    again = frame["formula"].iloc[0]
    rows = pd.DataFrame({"formula": [again, "SrXe"], "target": [9.0, 2.5], "w": [3.0, 0.5]})
    found = reloaded(added(study, rows, tmp_path))
    whole = pd.concat([frame, rows], ignore_index=True).assign(
        part=lambda all_rows: all_rows["formula"].map(parts(study.data())).fillna("train")
    )
    wanted = load_dataset(whole, split="column:part", **{f"{column}_column": "w"})
    assert found.table.formulas() == wanted.table.formulas()
    np.testing.assert_allclose(found.targets, wanted.targets, rtol=1e-6)
    assert found.weights is not None
    assert wanted.weights is not None
    np.testing.assert_allclose(found.weights.values, wanted.weights.values, rtol=1e-3)
    wrong = tmp_path_factory.mktemp("wrong")
    with pytest.raises(OptionError, match=r"new rows need some, too: add the column 'w' to"):
        added(study, rows.drop(columns="w"), wrong)
    with pytest.raises(DataError, match=r"is negative|is not above zero"):
        added(study, rows.assign(w=-1.0, formula=["SrXe", "SrKr"]).iloc[:1].pipe(_beside), wrong)


def _beside(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows and one with a weight that can be used."""
    return pd.concat([rows, rows.assign(formula="SrAr", w=1.0)])


def merged_by(
    how: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[StudyFolder, pd.DataFrame]:
    """A study that merges in this way, only to be read, and its table."""
    made = small_dataset(60)
    frame = pd.DataFrame({"formula": made.table.formulas(), "target": made.targets})

    def make(folder: Path) -> None:
        made_study(folder, load_dataset(frame, merge=how), trials=2, firsts=2)

    return StudyFolder(once(tmp_path_factory, f"merged-by-{how}", make) / "made"), frame


@pytest.mark.parametrize("how", ["mean", "min"])
def test_a_new_value_joins_the_known_one_as_the_study_merges(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    study, frame = merged_by(how, tmp_path_factory)
    before = frame["target"].iloc[0]
    rows = pd.DataFrame({"formula": [frame["formula"].iloc[0]], "target": [before + 1]})
    data = reloaded(added(study, rows, tmp_path))
    found = data.targets[data.table.formulas().index(frame["formula"].iloc[0])]
    assert found == pytest.approx(before + (0.5 if how == "mean" else 0), rel=1e-6)


@pytest.mark.parametrize("how", ["first", "error"])
def test_a_new_value_that_would_not_count_is_refused(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    study, frame = merged_by(how, tmp_path_factory)
    rows = pd.DataFrame({"formula": ["SrXe", frame["formula"].iloc[0]], "target": [1.0, 2.0]})
    with pytest.raises(OptionError, match=f"has a value in the study already.*--merge {how}"):
        added(study, rows, tmp_path)
    assert reloaded(added(study, rows.iloc[:1], tmp_path)).noise.how == how


def test_the_space_of_the_next_search_is_the_file_that_the_study_was_given(tmp_path: Path) -> None:
    """Whatever name stands in it."""
    text = "name: my space\nwidth: [8, 12]\nstages: {global: 1, local: 0}\n"
    (tmp_path / "own.yaml").write_text(f"{text}global: {{lstm: {{}}, gru: {{}}}}\nwarm_start: []\n")
    study = made_study(tmp_path, small_dataset(60), 2, str(tmp_path / "own.yaml"), firsts=0)
    file, own = study.path / "study.yaml", str(tmp_path / "own.yaml")
    write_yaml(file, {**study.facts, "command": f"fusionnas search --space {own} --trials 2"})
    done = added(study, pd.DataFrame({"formula": ["SrXe"], "target": [1.0]}), tmp_path)
    assert f"--space {own}" in done.command


def test_the_measured_column_is_read_beside_a_prediction_of_the_same_name(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`suggest` names it so where the target is called like one of its columns."""
    study = condition_study(tmp_path_factory)
    rows = pd.DataFrame(
        {"formula": ["SrXe"], "temperature": [300.5], "route": ["melt"], "target": [7.0]}
    )
    data = reloaded(added(study, rows.assign(**{"measured target": 2.0}), tmp_path))
    frame = data.to_frame()
    assert frame.loc[frame["formula"] == "SrXe", "target"].tolist() == [2.0]


def test_several_targets_are_added_with_gaps(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The next data set is that of one table with all rows."""
    study = study_of_targets(tmp_path_factory)
    first, second, third = NAMES
    stored = study.data().rename(columns={f"target[{name}]": name for name in NAMES})
    gap = stored.loc[stored[second] == "", "formula"].iloc[0]  # a composition that lacks it
    rows = pd.DataFrame({"formula": [gap, "SrXe", "SrKr", "SrAr"]}).assign(
        **{first: ["", "2.5", "", "1"], second: ["2000", "", "", "failed"]}
    )
    done = added(study, rows.iloc[:3], tmp_path)
    assert (done.new, done.again, done.skipped) == (1, 1, 1)
    assert f"--target-column {first},{second},{third} --unit Pauling,,Pauling" in done.command
    found = reloaded(done)
    whole = pd.concat([stored.replace("", np.nan), rows.iloc[:2].replace("", np.nan)])
    whole = whole.assign(part=whole["formula"].map(parts(stored)).fillna("train"))
    wanted = load_dataset(whole, target_column=NAMES, split="column:part")
    assert found.table.formulas() == wanted.table.formulas()
    np.testing.assert_allclose(found.targets, wanted.targets, rtol=1e-6)
    place = found.table.formulas().index(gap)
    assert found.targets[place, 1] == 2000
    assert parts(found.to_frame()) == parts(stored) | {"SrXe": "train"}
    # a column of its own name for each, in the order of the study
    renamed = rows.iloc[:3].rename(columns={first: "x", second: "y"}).assign(z="")
    renamed.to_csv(tmp_path / "renamed.csv", index=False)
    other = tmp_path / "other.csv"
    observe(study.path, tmp_path / "renamed.csv", output=other, target_column="x,y,z")
    assert other.read_text() == done.table.read_text()


def test_results_of_several_targets_that_cannot_be_used_are_told(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study = study_of_targets(tmp_path_factory)
    first, second, _ = NAMES
    rows = pd.DataFrame({"formula": ["SrXe", "SrAr"], first: ["2.5", "1"], second: ["2", "failed"]})
    with pytest.raises(DataError, match="row 3: elements: the target 'failed' is not a finite"):
        added(study, rows, tmp_path)
    # a row without any number is skipped
    assert added(study, rows.assign(**{first: ["2.5", ""]}), tmp_path).skipped == 1
    again = tmp_path_factory.mktemp("wrong")
    with pytest.raises(DataError, match="no row has a value of electronegativity or elements"):
        added(study, rows[["formula"]].assign(other=1.0), again)
    with pytest.raises(OptionError, match=r"has 3 targets .* names 2: name a column for each"):
        observe(study.path, again / "measured.csv", target_column="a,b", output=again / "new.csv")
