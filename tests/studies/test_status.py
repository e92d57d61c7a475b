"""How a study stands, seen from outside."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.errors import StudyError
from fusionnas.files.yaml_file import write_yaml
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.status import all_studies, status
from tests.made.command_line import fusionnas
from tests.searching.toy import SPACE, result_of


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    path = tmp_path / "runs" / "toy"
    path.mkdir(parents=True)
    facts = {"space": {"name": "tiny"}, "data": {"name": "made", "unit": "eV"}}
    write_yaml(path / "study.yaml", facts)
    return StudyFolder(path)


def test_a_search_that_was_killed_is_known_by_its_lock(folder: StudyFolder, tmp_path: Path) -> None:
    begin(folder, tmp_path)
    os.utime(folder.database, (5, 5))
    assert folder.left_at == 5
    with folder.locked():
        assert folder.left_at is None
    write_yaml(folder.path / "study.yaml", {**folder.facts, "id": "abc"})
    assert folder.is_study("abc")
    assert not folder.is_study("of another study with this name")


def begin(folder: StudyFolder, tmp_path: Path) -> ArchitectureStudy:
    (tmp_path / "toy.yaml").write_text(SPACE)
    space = load_space(str(tmp_path / "toy.yaml"))
    stored = folder.open_study(create=True)
    return ArchitectureStudy(stored, space, 0, "random", [], 0)


def test_a_study_that_has_just_begun(folder: StudyFolder) -> None:
    found = status(folder.path)
    assert (found.state, found.trials.counted, found.best) == ("stopped", 0, None)
    folder.database.touch()  # made, and still empty
    assert status(folder.path).trials.by_state == {}


def test_trials_best_and_what_is_in_training(folder: StudyFolder, tmp_path: Path) -> None:
    study = begin(folder, tmp_path)
    maes = []
    for _ in range(3):
        proposal = study.propose()
        assert proposal is not None
        result = result_of({"architecture": proposal.architecture.to_dict(), "seed": 0})
        maes.append(result["val_mae"])
        study.tell(proposal.number, "done", (maes[-1], 0.5), {"collapsed": False})
    failed, running = study.propose(), study.propose()
    assert failed is not None
    assert running is not None
    study.tell(failed.number, "failed", reason="made to fail")
    study.add_active_seconds(60)
    with folder.locked():
        found = status("toy", tmp_path / "runs")
    assert found.state == "running"
    assert found.trials.by_state == {"done": 3, "failed": 1, "running": 1}
    assert found.trials.counted == 5
    assert found.best is not None
    assert found.best["val_mae"] == min(maes)
    assert [r["number"] for r in found.running] == [running.number]
    assert found.trials_per_hour == pytest.approx(180)
    assert status(folder.path).state == "stopped"
    folder.write_json("summary.json", {"trials": {"done": 3, "failed": 1, "running": 1}})
    assert status(folder.path).state == "finished"


def test_the_time_left_is_as_the_driver_noted_it(folder: StudyFolder, tmp_path: Path) -> None:
    study, runs = begin(folder, tmp_path), str(tmp_path / "runs")
    study.add_active_seconds(60)
    study.note(90.0)
    with folder.locked():
        found = status("toy", runs)
        printed = CliRunner().invoke(app, ["status", "toy", "--runs", runs]).output
    assert found.seconds_left == pytest.approx(90, abs=20)
    # both count from the same moment
    assert found.active_seconds + found.seconds_left == pytest.approx(150)
    assert "time left" in printed
    assert "about 1 min" in printed
    assert status("toy", runs).seconds_left is None  # no search runs


def test_looking_does_not_keep_a_search_out(folder: StudyFolder) -> None:
    assert not folder.is_locked
    with folder.locked():
        assert folder.is_locked
        with pytest.raises(StudyError, match="Another search is running"), folder.locked():
            pass


def test_what_is_printed(folder: StudyFolder, tmp_path: Path) -> None:
    study = begin(folder, tmp_path)
    assert study.propose() is not None
    runs = str(tmp_path / "runs")
    printed = CliRunner().invoke(app, ["status", "toy", "--runs", runs]).output
    assert "toy, stopped" in printed
    assert "cut off" in printed
    found = json.loads(CliRunner().invoke(app, ["status", "toy", "--runs", runs, "--json"]).output)
    assert found["trials"] == {"running": 1}
    with pytest.raises(StudyError, match="no study 'nowhere'"):
        status("nowhere", tmp_path / "runs")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("study.yaml", "space: {name: tiny}", "'data'"),
        ("study.yaml", "space: tiny\ndata: made", "'str' object has no attribute 'get'"),
        ("summary.json", "{}", "'trials'"),
        ("summary.json", "[]", "list indices must be integers or slices, not str"),
        ("summary.json", '{"tri', "Unterminated string starting at: line 1 column 2 (char 1)"),
    ],
)
def test_a_damaged_study_is_a_sentence(
    folder: StudyFolder, tmp_path: Path, name: str, text: str, why: str
) -> None:
    (folder.path / name).write_text(text)
    words = f"toy: its files are damaged ({why})"
    with pytest.raises(StudyError) as found:
        status("toy", tmp_path / "runs")
    assert str(found.value) == words
    told = fusionnas("status", "toy", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (2, f"fusionnas: {words}\n")
    assert words in fusionnas("status", cwd=tmp_path).stdout  # in the list of all studies


def test_all_studies_the_newest_first(folder: StudyFolder, tmp_path: Path) -> None:
    begin(folder, tmp_path)
    runs = tmp_path / "runs"
    for name, text in (("broken", "space: ["), ("partial", "space: {name: tiny}")):
        (runs / name).mkdir()
        (runs / name / "study.yaml").write_text(text)
    other = runs / "newer"
    other.mkdir()
    facts = {"space": {"name": "tiny"}, "data": {"name": "made", "unit": "eV"}}
    write_yaml(other / "study.yaml", facts | {"created": "2030-01-01"})
    found = all_studies(runs)
    assert found[0].name == "newer"
    assert {one.name: one.state for one in found} == {
        "newer": "stopped",
        "toy": "stopped",
        "broken": "unreadable",
        "partial": "unreadable",
    }
    result = CliRunner().invoke(app, ["status", "--runs", str(runs)])
    assert result.exit_code == 0
    assert "broken: " in result.output
    plain = json.loads(CliRunner().invoke(app, ["status", "--runs", str(runs), "--json"]).output)
    assert [one["name"] for one in plain] == [one.name for one in found]
    assert "no studies" in CliRunner().invoke(app, ["status", "--runs", str(tmp_path)]).output
