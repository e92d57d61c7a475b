"""What stands at a path stays what it is, and a file is whole or not there."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pandas as pd
import pytest

from fusionnas.files.atomic import (
    PART,
    is_standard_output,
    part_beside,
    whole_file,
    whole_text,
    write_bytes,
    write_csv,
    write_text,
)
from tests.made.small_files import files_of_at_most


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_bytes_and_tables(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "Ω\r\n", synced=True)
    assert (tmp_path / "a").read_bytes() == b"\xce\xa9\r\n"
    write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    write_csv(tmp_path / "b.csv", pd.DataFrame({"x": [1, 2]}))
    assert (tmp_path / "b.csv").read_text() == "x\n1\n2\n"
    assert names(tmp_path) == ["a", "b.csv"]


def write_half(path: Path) -> None:
    with whole_text(path) as file:
        file.write("half")
        raise ValueError("made to fail")


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    for name in ("a", "b"):
        with pytest.raises(ValueError, match="made to fail"):
            write_half(tmp_path / name)
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("size", [1500, 100_000])  # it fails when it is closed, or at once
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, size: int) -> None:
    write_text(tmp_path / "a", "old")
    with files_of_at_most(1000), pytest.raises(OSError, match="large") as found:
        write_bytes(tmp_path / "a", b"x" * size)
    assert found.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]
    with pytest.raises(FileNotFoundError) as missing:
        write_text(tmp_path / "no" / "a", "x")
    assert missing.value.filename == str(tmp_path / "no" / "a")


def test_links_stay_and_what_they_point_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    write_text(tmp_path / "there" / "old", "old")
    (tmp_path / "old").symlink_to("there/old")
    (tmp_path / "twice").symlink_to("old")
    (tmp_path / "new").symlink_to("there/new")  # nothing is there yet
    for name in ("twice", "new"):
        write_text(tmp_path / name, name)
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "there" / "old").read_text() == "twice"
    assert (tmp_path / "there" / "new").read_text() == "new"
    assert names(tmp_path / "there") == ["new", "old"]
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        write_text(tmp_path / "loop", "x")


def test_permissions_are_those_of_the_file_before_or_of_the_user(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    usual = stat.S_IMODE((tmp_path / "a").stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    assert usual == 0o666 & ~umask
    (tmp_path / "a").chmod(0o640)
    write_text(tmp_path / "a", "new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write_text(pipe, "through\n" * 20_000)
    reader.join(timeout=30)
    assert heard == [b"through\n" * 20_000]
    assert pipe.is_fifo()
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_written_into(tmp_path: Path) -> None:
    """Nodes of the test's own: one that swallows, one that is always full."""
    for name, number in (("null", 3), ("full", 7)):
        try:
            os.mknod(tmp_path / name, stat.S_IFCHR | 0o666, os.makedev(1, number))
            (tmp_path / name).open("wb").close()
        except PermissionError:
            pytest.skip("no devices are allowed here")
    write_text(tmp_path / "null", "swallowed")
    with pytest.raises(OSError, match="space") as found:
        write_text(tmp_path / "full", "x")
    assert found.value.filename == str(tmp_path / "full")
    assert all(stat.S_ISCHR((tmp_path / name).stat().st_mode) for name in ("null", "full"))
    assert names(tmp_path) == ["full", "null"]


def test_nobody_elses_file_is_used_on_the_way(tmp_path: Path) -> None:
    """A download `a.part` of the user's stays, and two writers do not meet."""
    write_text(tmp_path / "a.part", "the user's")
    with whole_file(tmp_path / "a") as one, whole_file(tmp_path / "a") as other:
        one.write(b"one")
        other.write(b"other")
    assert (tmp_path / "a").read_bytes() == b"one"  # whose block ended last
    assert (tmp_path / "a.part").read_text() == "the user's"
    long = tmp_path / ("ä" * 120)
    write_text(long, "x")
    assert part_beside(long).name.endswith(PART)
    assert names(tmp_path) == sorted(["a", "a.part", long.name])


def test_standard_output_is_known_by_any_name(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        assert is_standard_output("/dev/stdout")
    assert not is_standard_output(__file__)
    assert not is_standard_output("nowhere")
