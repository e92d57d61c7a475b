from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.cache import read_arrays, write_arrays

ARRAYS = {"a": np.arange(1000), "b": np.array(["NaCl", "TiO2"])}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FUSIONNAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_written_is_read() -> None:
    assert read_arrays("x") is None
    write_arrays("x", ARRAYS)
    read = read_arrays("x")
    assert read is not None
    assert read.keys() == ARRAYS.keys()
    assert all((read[name] == ARRAYS[name]).all() for name in ARRAYS)


@pytest.mark.parametrize("keep", [0, 1, 100, 4000, -1])
def test_a_file_cut_short_counts_as_none(own_cache: Path, keep: int) -> None:
    write_arrays("x", ARRAYS)
    path = own_cache / "x.npz"
    path.write_bytes(path.read_bytes()[:keep])
    assert read_arrays("x") is None


def test_changed_bytes_are_never_read_as_values(own_cache: Path) -> None:
    write_arrays("x", ARRAYS)
    path = own_cache / "x.npz"
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        read = read_arrays("x")
        for name in (read or {}).keys() & ARRAYS.keys():
            np.testing.assert_array_equal(read[name], ARRAYS[name])


def test_pickles_are_not_read(own_cache: Path) -> None:
    own_cache.mkdir()
    np.savez(own_cache / "x.npz", a=np.array([{}], dtype=object))
    assert read_arrays("x") is None


def test_writers_at_the_same_time_leave_one_whole_file(own_cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_arrays("x", ARRAYS), range(32)))
    assert [path.name for path in own_cache.iterdir()] == ["x.npz"]
    assert read_arrays("x") is not None


def test_a_write_that_fails_leaves_nothing(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    write_arrays("x", ARRAYS)
    assert list(own_cache.iterdir()) == []
