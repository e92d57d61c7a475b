"""A ledger: every finished run is a line, and a cut-off loses none of those before it."""

from __future__ import annotations

from pathlib import Path

from fusionnas.files.ledger import Ledger


def test_the_last_line_of_a_key_counts(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new" / "runs.jsonl")
    assert list(ledger) == []
    for key, mae in (("a", 1.0), ("b", 2.0), ("a", 0.5)):
        ledger.add({"key": key, "mae": mae})
    assert ledger.by_key() == {"a": {"key": "a", "mae": 0.5}, "b": {"key": "b", "mae": 2.0}}


def test_an_incomplete_line_is_passed_over_and_closed_by_the_next(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.jsonl")
    ledger.add({"key": "a"})
    with ledger.path.open("ab") as file:
        file.write(b'{"key": "b", "ma')
    assert list(ledger.by_key()) == ["a"]
    ledger.add({"key": "c"})
    assert list(ledger.by_key()) == ["a", "c"]
