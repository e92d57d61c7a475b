"""What commands print, also where it cannot be shown or written."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO
from unittest import mock

import pytest
from rich.console import Console

from fusionnas.report import write_report
from fusionnas.searching.records import records_of
from fusionnas.searching.result_file import write_result
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.summary import choose, summarise
from fusionnas.studies.tested import look_at_test_part
from fusionnas.terminal.search import print_summary
from tests.made.command_line import fusionnas
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset

UNIT = "Ω·cm [/K]"  # a letter that ASCII lacks, and what Rich would read as a style
NAME = "it's [a] study"
# commands one after the other in one process, their exit codes on standard error
COMMANDS = """
import json, sys
from fusionnas.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["fusionnas", *arguments]
    try:
        main()
    except SystemExit as e:
        print(f"exit code {e.code}", file=sys.stderr)
    sys.stdout.buffer.write(b"\\x1e")  # between two commands
"""
AS_TEXT = (
    ("status", NAME),
    ("predict", NAME, "SrTiO3"),
    ("compare", NAME),
    ("sweep", NAME, "Si", "O", "--points", "5"),
    ("report", NAME, "--views", "front"),
)
AS_JSON = (("status", NAME, "--json"), ("predict", NAME, "NaCl", "--json"))
AS_CSV = tuple(("predict", NAME, "--csv", "in.csv", "-o", out) for out in ("-", "/dev/stdout"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    data = replace(small_dataset(300), unit=UNIT)
    return made_study(tmp_path_factory.mktemp("printing") / "runs", data, trials=4, name=NAME)


@pytest.fixture(scope="module")
def in_ascii(study: StudyFolder) -> tuple[list[bytes], str]:
    """What commands write to a standard output of ASCII, each, and to standard error, together."""
    folder = study.path.parents[1]
    (folder / "in.csv").write_text("formula,note\nNaCl,é\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps([*AS_TEXT, *AS_JSON, *AS_CSV])],
        cwd=folder,
        env={**os.environ, "COLUMNS": "160", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=300,
        check=True,
    )
    told = done.stderr.decode()
    assert told.count("exit code 0") == len([*AS_TEXT, *AS_JSON, *AS_CSV]), told
    return done.stdout.split(b"\x1e")[:-1], told


def test_what_cannot_be_encoded_is_replaced_and_json_escaped(
    in_ascii: tuple[list[bytes], str],
) -> None:
    shown = in_ascii[0][: -len(AS_CSV)]
    assert all(text.isascii() for text in shown)
    for text in shown[1:4]:
        assert b"??cm [/K]" in text
    assert json.loads(shown[5])["unit"] == json.loads(shown[6])[0]["unit"] == UNIT


def test_final_trainings_that_failed_are_named(
    study: StudyFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = StudyFolder(shutil.copytree(study.path, tmp_path / "runs" / "copy"))
    write_result(folder.path / "final" / "3-s0", {"state": "failed", "reason": "ValueError: NaN"})
    records = records_of(study.open_study())
    choice, data = choose(folder, records), small_dataset(300)
    tested = look_at_test_part(folder, data, choice.trial, None)
    bands = mock.Mock(words="", band=None)
    summary = summarise(folder, records, choice, tested, bands, None)
    print_summary(Console(width=200), summary, str(folder.path))
    words = "The final training 3-s0 failed: ValueError: NaN."
    assert words in capsys.readouterr().out
    folder.write_json("summary.json", study.summary() | summary)
    assert words in write_report(folder, ["front"]).page.read_text(encoding="utf-8")


def test_a_csv_on_standard_output_is_utf_8(in_ascii: tuple[list[bytes], str]) -> None:
    shown, told = in_ascii
    assert told.count("1 rows written in") == 2  # on standard error
    for text in shown[-len(AS_CSV) :]:
        header, row = text.decode("utf-8").splitlines()
        assert header.startswith("formula,note,value")
        assert row.startswith("NaCl,é,")
        assert UNIT in row


def in_utf_8(study: StudyFolder, *arguments: str) -> str:
    """What a command shows where everything can be shown."""
    done = fusionnas(*arguments, cwd=study.path.parents[1], columns=160)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_and_units_are_printed_as_they_are(study: StudyFolder) -> None:
    commands = [
        ("compare", NAME),
        ("sweep", NAME, "Si", "O", "--points", "5"),
        ("status", NAME),
        ("cecv", NAME, "--study", NAME),
        ("explain", NAME, "SrTiO3"),
    ]
    shown = [in_utf_8(study, *command) for command in commands]
    for text in shown[:4]:
        assert NAME in text
    for text in (*shown[:3], shown[4]):
        assert UNIT in text


def test_predict_takes_a_study_by_name_or_folder(study: StudyFolder) -> None:
    shutil.copytree(study.path.parent, study.path.parents[1] / "other")
    by_path = in_utf_8(study, "predict", str(study.best), "SrTiO3")
    assert by_path.startswith("SrTiO3 ")
    assert in_utf_8(study, "predict", NAME, "SrTiO3") == by_path
    assert in_utf_8(study, "predict", f"runs/{NAME}", "SrTiO3") == by_path
    assert in_utf_8(study, "predict", NAME, "SrTiO3", "--runs", "other") == by_path


def test_printed_commands_can_be_pasted_into_a_shell(study: StudyFolder) -> None:
    in_utf_8(study, "report", NAME, "--views", "front")
    page = study.report.read_text(encoding="utf-8")
    assert "fusionnas export &#39;it&#39;&#34;&#39;&#34;&#39;s [a] study&#39; -o my-model" in page
    shown = subprocess.run(
        ["sh", "-c", f'printf "%s|" {study.resuming}'], capture_output=True, text=True
    )
    assert shown.stdout == f"--name|{NAME}|--resume|"


def datasets(out: int | IO[bytes]) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fusionnas", "datasets"]
    return subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=300)


def test_a_reader_that_has_gone_ends_a_command_without_a_word() -> None:
    read, write = os.pipe()
    os.close(read)
    done = datasets(write)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_standard_output_that_is_full_is_one_message(tmp_path: Path) -> None:
    device = tmp_path / "full"  # a node of the test's own, on which no space is ever left
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        with device.open("wb") as full:
            done = datasets(full)
    except PermissionError:
        pytest.skip("no devices are allowed here")
    assert done.returncode == 1
    assert done.stderr == b"fusionnas: no space is left for a file. Make room there.\n"
