"""The examples of docs/data.md are what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fusionnas.data.composition import parse_formula
from fusionnas.data.reading.training_rows import read_csv
from fusionnas.errors import DataWarning, FormulaError

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


def rows_below(header: str) -> list[tuple[str, str]]:
    """The two columns of the table with this header."""
    _, _, behind = PAGE.partition(f"{header}\n|---|---|\n")
    table, _, _ = behind.partition("\n\n")
    found = [re.fullmatch(r"\| (.+) \| (.+) \|", line) for line in table.splitlines()]
    assert all(found)
    return [(row[1], row[2]) for row in found if row]


@pytest.mark.filterwarnings("ignore:.*is read as H")
@pytest.mark.parametrize(("text", "read"), rows_below("| formula | is read as |"))
def test_what_is_read(text: str, read: str) -> None:
    assert parse_formula(text.strip("`")) == parse_formula(read.split(",")[0])


@pytest.mark.parametrize(
    ("text", "told"), rows_below("| formula | what the message suggests or names |")
)
def test_what_is_refused(text: str, told: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse_formula(text.strip("`"))
    words = re.findall(r"`([^`]+)`", told)
    assert words
    for word in words:
        assert word in str(refused.value)


def test_bad_rows_are_listed_as_the_page_says(tmp_path: Path) -> None:
    table, listed = re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    with pytest.warns(DataWarning, match="decimal commas"):
        rows = read_csv(tmp_path / "t.csv")
    assert rows.targets.tolist() == [5.0, 6.1]
    for line, bad in zip(listed.splitlines()[1:], rows.bad, strict=True):
        row, formula, reason = line.split(",")
        assert (bad.row, bad.formula) == (int(row), formula)
        assert reason in bad.reason
