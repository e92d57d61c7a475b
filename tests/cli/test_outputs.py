"""Where commands write: what stands at the path of -o stays what it is."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.errors import FusionNASError
from tests.made.small_networks import small_bundle


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output; a user's error counts as its exit code, as in `main`."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    if isinstance(result.exception, FusionNASError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.output


@pytest.fixture
def bundle() -> Path:
    return small_bundle("lstm")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text("formula\nSrTiO3\nNaCl\n")
    return tmp_path / "in.csv"


def test_predictions_through_a_link(bundle: Path, source: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old.csv").write_text("old")
    for name in ("old.csv", "new.csv"):
        (tmp_path / name).symlink_to(f"there/{name}")
        code, out = run("predict", bundle, "--csv", source, "-o", tmp_path / name)
        assert code == 0, out
        assert (tmp_path / name).is_symlink()
        assert len(pd.read_csv(tmp_path / "there" / name)) == 2


def test_predictions_into_a_pipe(bundle: Path, source: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text()))
    reader.start()
    code, out = run("predict", bundle, "--csv", source, "-o", tmp_path / "pipe")
    reader.join(timeout=60)
    assert code == 0, out
    assert heard[0].startswith("formula,value,lower,upper")
    assert heard[0].count("\n") == 3
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_predictions_into_a_device(bundle: Path, source: Path, tmp_path: Path) -> None:
    device = tmp_path / "null"  # a node of the test's own
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        device.open("wb").close()
    except PermissionError:
        pytest.skip("no devices are allowed here")
    code, out = run("predict", bundle, "--csv", source, "-o", device)
    assert code == 0, out
    assert stat.S_ISCHR(device.stat().st_mode)


def test_predictions_where_no_file_can_be(bundle: Path, source: Path, tmp_path: Path) -> None:
    for path, words in (
        (tmp_path, f"{tmp_path} cannot be written: {tmp_path} is a folder"),
        (tmp_path / "no" / "out.csv", "or a folder above it, does not exist. Make the folder"),
    ):
        code, out = run("predict", bundle, "--csv", source, "-o", path)
        assert code == 2
        assert words in out
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_pictures_and_tables_into_a_link(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("there")
    code, out = run("sweep", bundle, "Si", "O", "--points", "5", "-o", tmp_path / "link")
    assert code == 0, out
    assert (tmp_path / "link").is_symlink()
    written = {path.name for path in (tmp_path / "there").iterdir()}
    assert {"sweep-si-o.svg", "sweep-si-o.csv"} <= written
    picture = tmp_path / "there" / "sweep-si-o.svg"
    picture.rename(tmp_path / "elsewhere.svg")
    picture.symlink_to("../elsewhere.svg")
    assert run("sweep", bundle, "Si", "O", "--points", "5", "-o", tmp_path / "link")[0] == 0
    assert picture.is_symlink()
    assert "<svg" in (tmp_path / "elsewhere.svg").read_text()


@pytest.mark.parametrize(
    "command",
    [("sweep", "Si", "O"), ("explain", "NaCl"), ("compare",), ("cecv", "--probe", "list")],
)
def test_a_folder_that_cannot_be_is_refused_before_the_work(
    bundle: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("mine")
    name, *rest = command
    for taken in ("pipe", "file"):
        code, out = run(name, bundle, *rest, "-o", tmp_path / taken)
        assert code == 2
        assert out == (
            f"Files cannot be written to {tmp_path / taken}: {tmp_path / taken} is not a folder "
            "with write access. Name another folder with -o."
        )
    assert (tmp_path / "file").read_text() == "mine"
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    "line",
    [
        ("suggest", "gone", "--goal", "max", "--system", "Li-O", "-o"),
        ("observe", "gone", "in.csv", "-o"),
        ("inspect", "gone.csv", "-o"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_the_work(
    line: tuple[str, ...], source: Path, tmp_path: Path
) -> None:
    """Before it misses the study or the data."""
    (tmp_path / "file").write_text("mine")
    for path, words in (
        (tmp_path / "no" / "x", f"{tmp_path / 'no' / 'x'}, or a folder above it, does not exist."),
        (tmp_path / "file" / "x", f"a part of the path {tmp_path / 'file' / 'x'} is not a folder."),
        (tmp_path, f"{tmp_path} is a folder, but a file is needed."),
    ):
        code, out = run(*line, path)
        assert code == 2
        assert out.startswith(f"{path} cannot be written: {words}")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("line", [("sweep", "Si", "O"), ("explain", "NaCl"), ("compare",)])
def test_a_page_that_cannot_be_is_refused_before_the_work(
    line: tuple[str, ...], tmp_path: Path
) -> None:
    name, *rest = line
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file" / "x.html", tmp_path):
        code, out = run(name, "gone", *rest, "--html", path)
        assert code == 2
        assert out.startswith(f"{path} cannot be written: ")
    missing = run(name, "gone", *rest, "--html", tmp_path / "new" / "x.html")
    assert "no bundle and no study 'gone'" in missing[1]  # the folder of a page is made


def test_suggestions_are_shown_if_their_file_is_lost(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk can become full while candidates are predicted."""

    def full(path: Path, table: pd.DataFrame) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("fusionnas.terminal.suggestions.write_csv", full)
    words = ("suggest", bundle, "--goal", "max", "--system", "Si-O", "--rule", "ucb", "-o")
    for more in ((), ("--json",)):
        done = CliRunner().invoke(app, [*map(str, words), str(tmp_path / "x.csv"), *more])
        assert isinstance(done.exception, FusionNASError)
        assert "no space is left" in str(done.exception)
        assert "nearest" in done.output
        assert "fill in" not in done.output


def test_suggestions_are_written_after_they_are_shown(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    words = ("--goal", "max", "--system", "Si-O", "--rule", "ucb", "-n", "2")
    code, out = run("suggest", bundle, *words, "-o", path)
    assert code == 0, out
    last = " ".join(out.split())
    assert last.endswith("then give the file to fusionnas observe.")
    assert len(pd.read_csv(path)) == 2
