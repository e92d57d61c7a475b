"""Folders that appear whole or not at all, and stay what they are where they exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.errors import BundleError, OptionError
from fusionnas.files.checksums import changed_file, write_checksums
from fusionnas.files.whole_folder import check_open, make_folder, remove_parts, whole_folder


def fill(folder: Path) -> None:
    with whole_folder(folder, "bundle") as part:
        (part / "sub").mkdir()
        (part / "sub" / "file").write_text("x")
        (part / "weights").write_text("y")
        write_checksums(part)


def test_a_new_folder_and_a_users_part_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.part").mkdir()
    (tmp_path / "model.part" / "mine").write_text("mine")
    fill(tmp_path / "above" / "model")
    fill(tmp_path / "model")
    assert changed_file(tmp_path / "model") is None
    assert (tmp_path / "model.part" / "mine").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["above", "model", "model.part"]


def test_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    """It may be a mounted drive, or shared with others by its permissions."""
    (tmp_path / "there").mkdir(mode=0o750)
    before = (tmp_path / "there").stat()
    fill(tmp_path / "there")
    after = (tmp_path / "there").stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert changed_file(tmp_path / "there") is None
    assert len(list((tmp_path / "there").iterdir())) == 3


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_to_a_folder_stays(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    fill(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert changed_file(tmp_path / "real") is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def fill_half(folder: Path) -> None:
    with whole_folder(folder, "bundle") as part:
        (part / "half").write_text("x")
        raise OSError(28, "No space left on device", "X")


@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_leaves_nothing(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "model").mkdir()
    with pytest.raises(BundleError, match=r"cannot be written to .*: no space is left for X"):
        fill_half(tmp_path / "model")
    assert list(tmp_path.rglob("*")) == ([tmp_path / "model"] if exists else [])


def test_a_folder_for_files_is_checked_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for taken in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OptionError, match="is not a folder with write access"):
            check_open(taken)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    (tmp_path / "link").symlink_to("new/below")
    for free in ("full", "link", "a/b"):
        check_open(tmp_path / free)
        make_folder(tmp_path / free)
    assert (tmp_path / "new" / "below").is_dir()


def test_what_a_killed_process_was_writing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "trials" / "best.12345678.part" / "sub").mkdir(parents=True)
    (tmp_path / "trials" / "result.json.12345678.part").write_text("{")
    (tmp_path / "trials" / "result.json").write_text("{}")
    remove_parts(tmp_path)
    assert [path.name for path in (tmp_path / "trials").iterdir()] == ["result.json"]
