"""Links instead of copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fusionnas.files.links import link_or_copy


def test_a_file_gets_a_second_name(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"large")
    link_or_copy(tmp_path / "weights", tmp_path / "again")
    assert (tmp_path / "again").samefile(tmp_path / "weights")


def test_without_links_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: str, target: str) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refused)
    (tmp_path / "weights").write_bytes(b"large")
    link_or_copy(tmp_path / "weights", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == b"large"
    assert not (tmp_path / "again").samefile(tmp_path / "weights")
