"""One of several targets of a study beside the yardsticks of the study."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.errors import OptionError
from fusionnas.insight.comparison import TargetComparisons, compare, compare_targets
from fusionnas.insight.sweeps.along_condition import _with_predictor
from fusionnas.models.baselines.yardsticks import label_of
from fusionnas.report.result_page import page_of, write_result_page
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import open_network
from fusionnas.workflows.train import train
from tests.made.command_line import fusionnas
from tests.made.several import (
    NAMES,
    UNITS,
    bundle_of_targets,
    study_of_targets,
    table_of_targets,
)
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


def of_one_target(folder: Path, name: str) -> Path:
    """A network for one target, which has the values of `sum`, on the same split."""
    several = load_dataset(table_of_targets(), target_column=NAMES, unit=UNITS)
    parts = {"train": several.parts.train, "val": several.parts.val, "test": several.parts.test}
    formulas = several.table.formulas()
    of_part = {formulas[row]: part for part, rows in parts.items() for row in rows}
    frame = table_of_targets()[["formula", "sum"]].dropna().rename(columns={"sum": name})
    frame["part"] = frame["formula"].map(of_part)
    data = load_dataset(frame.dropna(), target_column=name, unit="Pauling", split="column:part")
    train("cnn", data, folder, width=16, epochs=2)
    return folder


def test_a_model_of_several_targets_is_compared_on_each(study: StudyFolder, tmp_path: Path) -> None:
    alone = of_one_target(tmp_path / "alone", "sum")
    found = compare_targets(study.path, bundle_of_targets(), alone)
    assert list(found.by_target) == list(NAMES)
    for name, one in found.by_target.items():
        expected = [f"made:{name}", f"model:{name}", *(["alone"] if name == "sum" else [])]
        named = one.table.loc[one.table["kind"] != "yardstick", "name"]
        assert sorted(named) == sorted(expected)
        assert named.iloc[0] == f"made:{name}"
        single = compare(f"{study.path}:{name}")
        errors = single.table.set_index("name")["mae"]
        assert one.table.set_index("name")["mae"][errors.index].tolist() == errors.tolist()
    page = tmp_path / "page.html"
    assert not write_result_page(page, page_of(found))
    text = page.read_text()
    slugs = [f"{place}-{name}" for place, name in enumerate(NAMES, start=1)]
    assert all(f'id="compare-errors-{slug}"' in text for slug in slugs)
    written = found.save(tmp_path / "pictures")
    assert {path.parent.name for path in written} == set(slugs)


def test_any_name_of_a_target_makes_files_and_ids(study: StudyFolder, tmp_path: Path) -> None:
    names = ["E/atom", "bulk (GPa)", "../../up/E", "Σ", "e atom", "long " * 100]
    one = compare(f"{study.path}:sum")
    found = TargetComparisons(dict.fromkeys(names, one))
    short = ["1-e-atom", "2-bulk-gpa", "3-up-e", "4", "5-e-atom"]
    assert list(found.slugs.values())[:5] == short
    assert found.slugs[names[5]].startswith("6-long-long-")
    folder = tmp_path / "a" / "b" / "pictures"
    written = found.save(folder)
    assert len({path.parent for path in written}) == len(names)
    assert {path.parent.parent for path in written} == {folder}
    assert all(path.resolve().is_relative_to(folder) for path in written)
    page = tmp_path / "page.html"
    assert not write_result_page(page, page_of(found))
    text = page.read_text()
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert not re.findall(r"[^\w-]", "".join(ids))
    marks = re.findall(r'<use xlink:href="#([^"]+)"', text)
    assert marks
    assert set(marks) | set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)


def test_a_model_of_several_targets_is_compared_on_the_target_of_the_first(
    study: StudyFolder, tmp_path: Path
) -> None:
    alone = of_one_target(tmp_path / "alone", "sum")
    found = compare(alone, study.path)
    errors = found.table.set_index("name")["mae"]
    assert list(errors.index[:2]) == ["alone", "made:sum"]
    named = compare(alone, f"{study.path}:sum").table.set_index("name")["mae"]
    assert errors.to_dict() == named.to_dict()
    other = of_one_target(tmp_path / "other", "density")
    with pytest.raises(OptionError, match=r"'other' predicts density; 'made' predicts elec.*, sum"):
        compare(other, study.path)


def test_what_has_no_target_of_the_first_is_refused(study: StudyFolder, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="The first network has one target"):
        compare_targets(f"{study.path}:sum")
    other = of_one_target(tmp_path / "other", "density")
    with pytest.raises(OptionError, match="'other' predicts density, which is none of the targets"):
        compare_targets(study.path, other)


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
    done = fusionnas("compare", str(study.path), "--html", "all.html", cwd=study.path)
    assert done.returncode == 0, done.stderr
    assert all(f"made:{name} has a test MAE of" in done.stdout for name in NAMES)
    assert (study.path / "all.html").is_file()


def test_a_sweep_along_a_condition_has_the_study_s_predictor_of_the_target(
    study: StudyFolder,
) -> None:
    one = _with_predictor(open_network(f"{study.path}:sum"))
    assert one.predictor.manifest["target"] == "sum"
    assert one.predictor.known is not None
