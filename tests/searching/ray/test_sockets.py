"""A short path to Ray's folder, however long its own is."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from fusionnas.errors import RunError
from fusionnas.searching.ray import sockets
from fusionnas.searching.ray.sockets import LONGEST, ray_folder, short_folder


def test_where_ray_keeps_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    from ray._common.utils import get_default_ray_temp_dir

    for name in ("RAY_TMPDIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    assert ray_folder() == get_default_ray_temp_dir()
    monkeypatch.setenv("TMPDIR", "/a")
    assert ray_folder() == get_default_ray_temp_dir()
    monkeypatch.setenv("RAY_TMPDIR", "/b")
    assert ray_folder() == get_default_ray_temp_dir() == "/b/ray"


def test_a_short_path_stays_and_a_long_one_gets_a_link(tmp_path: Path) -> None:
    with short_folder("/tmp/ray") as found:
        assert found == "/tmp/ray"
    wanted = tmp_path / ("long" * 30) / "ray"
    names = "session_2026-01-01_00-00-00_000000_1234567/sockets"
    with short_folder(str(wanted)) as found:
        assert len(os.fsencode(found)) <= LONGEST
        assert os.path.samefile(found, wanted)
        (Path(found) / names).mkdir(parents=True)
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(f"{found}/{names}/plasma_store.1")
        assert (wanted / names / "plasma_store.1").is_socket()  # files lie where they were to lie
    assert not Path(found).parent.exists()
    assert wanted.is_dir()


def test_where_no_link_can_be_the_variable_is_named(tmp_path: Path) -> None:
    wanted = str(tmp_path / ("long" * 30))
    with (
        pytest.raises(RunError, match=r"too long for its sockets .* RAY_TMPDIR"),
        short_folder(wanted, above=str(tmp_path / "nowhere")),
    ):
        pass


def test_the_names_of_ray_are_as_long_as_is_thought() -> None:
    assert LONGEST + len(sockets._NAMES) in (103, 107)
    assert len("/tmp/ray") <= LONGEST
