"""Tables in narrow terminals."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from fusionnas.terminal.tables import FittingTable

NAME = "a network with a long name that says what it is"


def shown(width: int) -> list[str]:
    table = FittingTable("Errors")
    table.add_column("network", folds=True)
    table.add_column("test MAE (GPa)")
    table.add_column("parameters", keep=1)
    table.add_column("95% interval", keep=2, called="the interval")
    table.add_row(NAME, "12.34", "1,234,567", "11.1 to 13.3")
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_everything_is_shown_where_there_is_room() -> None:
    lines = shown(120)
    assert "95% interval" in lines[1]
    assert NAME in lines[2]
    assert "Not shown" not in lines[-1]


@pytest.mark.parametrize(("width", "left_out"), [(60, "the interval."), (45, "parameters")])
def test_the_least_important_goes_first_and_is_named(width: int, left_out: str) -> None:
    lines = shown(width)
    assert all(len(line) <= width for line in lines)
    assert "95% interval" not in lines[1]
    assert left_out in " ".join(lines[3:])
    assert ("parameters" in lines[1]) == (width == 60)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_name_is_never_cut_and_the_error_stays(width: int) -> None:
    lines = shown(width)
    assert "12.34" in " ".join(lines)
    words = [word for line in lines for word in line.split()]
    assert set(NAME.split()) <= set(words)
    assert "…" not in "".join(lines)
