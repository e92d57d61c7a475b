"""Suggestions in narrow terminals."""

from __future__ import annotations

import pandas as pd
import pytest

from fusionnas.insight.suggestion.suggest import Suggestions
from fusionnas.terminal.suggestions import print_suggestions

FORMULA = "Na0.5Bi0.5TiO3"
LONG = "Li0.125Na0.125K0.125Rb0.125Cs0.125Mg0.125"
TABLE = pd.DataFrame(
    {
        "formula": [FORMULA, LONG],
        "temperature": ["300", "500"],
        "value": [1.234, 2.345],
        "lower": [0.5, 1.5],
        "upper": [2.5, 3.5],
        "chance of num<5": [0.9, 0.8],
        "why": ["better than the best known, 12.5, with 11%; nearest MgO at 0.50"] * 2,
    }
)
DROPPED = ["chance of num<5", "interval", "temperature"]  # the first one first


@pytest.mark.parametrize(("width", "left_out"), [(120, 0), (80, 1), (66, 2), (54, 3), (40, 3)])
def test_formulas_are_whole_and_other_columns_are_left_out_and_named(
    width: int,
    left_out: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = Suggestions(TABLE, "gap", "eV", 1.0, (), conditions=("temperature",))
    monkeypatch.setenv("COLUMNS", str(width))
    print_suggestions(found)
    heading, *lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in (heading, *lines))
    assert "…" not in "".join(lines)
    assert FORMULA in "".join(lines)
    second = heading.index(heading.split()[1])  # where the next column begins
    assert LONG in "".join(line[:second].strip() for line in lines)
    assert [name in heading for name in ("formula", "gap (eV)", "why")] == [True] * 3
    assert [name in heading for name in DROPPED] == [place >= left_out for place in range(3)]
    told = " ".join(lines).partition("Not shown at this width: ")[2]
    assert [name in told for name in DROPPED] == [place < left_out for place in range(3)]


def test_of_a_class_its_chance_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = TABLE.assign(**{"class": ["metal", "metal"], "chance": [0.75, 0.5]})
    monkeypatch.setenv("COLUMNS", "60")
    print_suggestions(Suggestions(table, "kind", "", None, (), wanted="metal"))
    printed = capsys.readouterr().out
    assert "chance of metal" in printed.splitlines()[0]
    assert "75%" in printed
    assert "Not shown at this width: predicted kind, chance of num<5." in printed
