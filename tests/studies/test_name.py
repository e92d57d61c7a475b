"""What a new study may be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.errors import OptionError, StudyError
from fusionnas.studies.name import check_new_name
from fusionnas.workflows.rescore import rescore
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset


@pytest.mark.parametrize("name", ["a", "a b", "it's 1", "über-µ", "a.b", ".hidden", "[1] $x", "~"])
def test_names_of_folders(tmp_path: Path, name: str) -> None:
    check_new_name(name, tmp_path)
    (tmp_path / name).mkdir()  # a search that was killed just after this can be begun again
    check_new_name(name, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "..",
        ".",
        "a/b",
        "a/",
        "/x",
        "a\\b",
        "",
        " ",
        " a",
        "a\n",
        "a\x00",
        "-x",
        "x" * 201,
        "ä" * 101,
    ],
)
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="--name must be the name of a folder in"):
        check_new_name(name, tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StudyError, match="is not a folder"):
        check_new_name("file", tmp_path)
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.yaml").write_text("x: 1")
    with pytest.raises(StudyError, match="exists already; add --resume"):
        check_new_name("study", tmp_path)


def test_a_copy_of_a_study_stays_among_the_studies(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    folder = made_study(runs, small_dataset(300), trials=3)
    for name in ("../copy", "a/b", str(tmp_path / "copy")):
        with pytest.raises(OptionError, match="it is a path"):
            rescore("made", folder.path / "band.json", name, runs)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    assert [path.name for path in runs.iterdir()] == ["made"]
