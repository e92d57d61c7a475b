"""Options that would have no effect are refused, not ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.command_line import fusionnas

READING = ("--split random", "--formula-column f", "--target-column t", "--skip-bad-rows")
OF_A_RUN = (
    *("--only a", "--rows all", "--split given", "--folds 2", "--budget 3", "--width 8"),
    *("--tables .", "--workers 1", "--resume", "--unit eV", "--merge median", "-o ."),
)
CASES = (
    *(f"compare a {option}" for option in (*READING, "--unit eV")),
    *(f"compare a --worth {option}" for option in READING),
    *(f"sweep a Si O {option}" for option in (*READING, "--seed 0")),
    *("explain a --formula-column f", "explain a --target-column t"),
    *("cecv a --formula-column f", "cecv a --skip-bad-rows"),
    *("predict a NaCl --formula-column f",),
    *("suggest a --goal max --system Li-O --formula-column f",),
    *("suggest a --goal max --candidates a.csv --largest 8",),
    *(f"benchmark --show . {option}" for option in (*OF_A_RUN, "--systems lstm", "--seed 0")),
    *(f"benchmark --show . --export matbench {option}" for option in (*OF_A_RUN, "--json")),
    *("benchmark --data a.csv --tables .",),
)


@pytest.mark.parametrize("line", CASES)
def test_an_option_without_effect_is_refused(line: str, tmp_path: Path) -> None:
    done = fusionnas(*line.split(), cwd=tmp_path)
    option = next(word for word in reversed(line.split()) if word.startswith("-"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"fusionnas: {'--output' if option == '-o' else option} ")
    assert done.stderr.endswith("; leave it out.\n")


@pytest.mark.parametrize("line", ["compare gone --data a.csv --split random", "sweep gone Si O"])
def test_an_option_with_an_effect_is_not(line: str, tmp_path: Path) -> None:
    """The command goes on until it misses the network."""
    done = fusionnas(*line.split(), cwd=tmp_path)
    assert "There is no bundle and no study 'gone'" in done.stderr
