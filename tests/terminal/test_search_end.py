"""The command that the end of a search prints: it predicts with the study as it is."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from fusionnas.data.composition import parse_formula
from fusionnas.studies.folder import StudyFolder
from fusionnas.terminal.console import plain_console
from fusionnas.terminal.search import print_summary
from tests.made.command_line import fusionnas
from tests.made.condition_study import condition_study
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset


def printed(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The words of the command."""
    print_summary(plain_console(), study.summary(), str(study.path))
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("Predict "))
    return shlex.split(line)[1:]


def test_it_sets_every_condition(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = printed(condition_study(tmp_path_factory), capsys)
    assert words[4::2] == ["--set", "--set"]
    assert [one.partition("=")[0] for one in words[5::2]] == ["temperature", "route"]
    done = fusionnas(*words[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(words[3])
    assert "outside the training data" not in done.stdout


def test_its_compound_is_one_of_the_study(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    study = made_study(tmp_path / "my runs", small_dataset(150), trials=2, firsts=1)
    words = printed(study, capsys)
    assert words[:3] == ["fusionnas", "predict", str(study.path)]
    known = {parse_formula(one) for one in study.data()["formula"]}
    assert parse_formula(words[3]) in known
    assert len(words) == 4
