"""Numbers that no option can take are one message, never a traceback."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import get_args

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.errors import OptionError
from tests.made.command_line import fusionnas

# what a command is called with, so that none would do anything if the numbers were good
NEEDED = {
    "status": "gone",
    "search": "--data gone.csv",
    "inspect": "gone.csv",
    "benchmark": "--data gone.csv",
    "train": "lstm --data gone.csv --output out",
    "predict": "gone NaCl",
    "suggest": "gone --goal max --system Li-O",
    "sweep": "gone Si O",
    "cecv": "gone",
    "compare": "gone",
}


def options(kind: type) -> list[tuple[str, str]]:
    """Commands with their options that are numbers of this type."""
    found = []
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        typed = inspect.signature(command.callback, eval_str=True).parameters
        for parameter in command.params:
            given = get_args(typed[parameter.name].annotation)[0]  # of Annotated
            if kind in (given, *get_args(given)):
                found.append((name, parameter.opts[0]))
    return found


FLOATS = options(float)
WHOLE = [one for one in options(int) if one != ("watch", "--port")]  # which has its own ends


def told(name: str, *arguments: str) -> str:
    """The message about a command's arguments."""
    words = [name, *NEEDED.get(name, "").split(), *arguments]
    found = CliRunner().invoke(app, words).exception
    assert isinstance(found, OptionError)
    assert found.exit_code == 2
    return str(found)


def test_there_are_such_options() -> None:
    assert ("status", "--watch") in FLOATS
    assert ("suggest", "-n") in WHOLE
    assert {name for name, _ in (*FLOATS, *WHOLE)} >= set(NEEDED)


@pytest.mark.parametrize(("name", "option"), FLOATS)
def test_an_option_is_not_nan(name: str, option: str) -> None:
    assert told(name, option, "nan") == f"{option} must be a number, but got nan."


@pytest.mark.parametrize(
    ("name", "option", "number", "shown"),
    [
        *((*one, "-1e300", "-1e+300") for one in FLOATS),
        *((*one, f"1{400 * '0'}", "1e+400") for one in WHOLE),
    ],
)
def test_an_option_is_not_too_large(name: str, option: str, number: str, shown: str) -> None:
    words = f"{option} must be at most 1e+38 in size, but got {shown}."
    assert told(name, option, number) == words


@pytest.mark.parametrize("number", ["0", "-3", "inf", "1e30", "86401"])
def test_a_study_is_not_watched_at_such_a_pace(number: str, tmp_path: Path) -> None:
    done = fusionnas("status", "gone", "--watch", number, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "fusionnas: --watch must be above 0 and at most 86,400 seconds, a day, but got "
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("compare gone --seed -1", "--seed must not be negative, but got -1."),
        ("compare gone --worth --seed -1", "--seed must not be negative, but got -1."),
        ("cecv gone --threshold 0.1 --top -1", "--top must not be negative, but got -1."),
        (
            f"search --data gone.csv --time-budget 1{300 * '0'}h",
            "--time-budget must be at most 1e+38 in size, but got 4e+303.",
        ),
    ],
)
def test_what_single_options_do_not_take(line: str, message: str, tmp_path: Path) -> None:
    done = fusionnas(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"fusionnas: {message}\n")
