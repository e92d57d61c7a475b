"""The study in a database on a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionnas.errors import OptionError, StudyError
from fusionnas.models.provenance import command_line
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.objectives import OBJECTIVES
from fusionnas.searching.storage import open_study, without_password
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.status import status
from tests.searching.toy import result_of

PASSWORD = "correct-horse"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of the test's own, with a password; its URL."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed")
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # a short path, for its socket
    (folder / "password").write_text(PASSWORD)
    as_user: list[str] = []

    if os.geteuid() == 0:  # the server refuses to run as root
        subprocess.run(["chown", "-R", "nobody", str(folder)], check=True)
        as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    try:
        subprocess.run(
            [
                *as_user,
                str(binaries / "initdb"),
                "-D",
                str(data),
                "-U",
                "fusion",
                "-A",
                "scram-sha-256",
                "--pwfile",
                str(folder / "password"),
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
        log = str(folder / "log")
        subprocess.run(
            [*control, "-l", log, "-o", options, "start"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        yield f"postgresql://fusion:{PASSWORD}@127.0.0.1:{port}/postgres"
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, cwd=folder, stdout=subprocess.DEVNULL
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_study_on_a_server(
    server: str, tmp_path: Path, space: SearchSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proposals, a resume, and `status` in between; the password stays where the user keeps it."""
    path = tmp_path / "runs" / "served"
    folder = StudyFolder(path)
    storage = {"url": without_password(server), "study": "served-1234"}
    facts = {"space": {"name": "toy"}, "data": {"name": "made", "unit": "eV"}, "storage": storage}
    folder.create(facts)
    assert PASSWORD not in (path / "study.yaml").read_text()
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert status(path).trials.counted == 0  # the search has just begun
    for resumed in (False, True):
        stored = folder.open_study(server, create=True)
        study = ArchitectureStudy(stored, space, 0, "tpe", [], 2)
        study.resume(lambda number: None)
        for _ in range(3):
            proposal = study.propose()
            assert proposal is not None
            result = result_of({"architecture": proposal.architecture.to_dict(), "seed": 0})
            values = (result["val_mae"], 0.5)
            study.tell(proposal.number, "done", values, {"val_mae": values[0], "collapsed": False})
        study.propose()  # cut off
        found = status(path)
        assert found.trials.done == 3 * (1 + resumed)
        assert found.best is not None
    assert not folder.database.exists()
    with pytest.raises(StudyError, match="no study"):
        open_study(server, "another", create=False)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pytest.importorskip("psycopg")
    with pytest.raises(OptionError, match=r"cannot be used: .*refused") as raised:
        open_study(f"postgresql://me:{PASSWORD}@127.0.0.1:{port}/x", "name", create=True)
    assert PASSWORD not in str(raised.value)
    with pytest.raises(OptionError, match="must be a URL") as raised:
        open_study(f"me:{PASSWORD}", "name", create=True)
    assert PASSWORD not in str(raised.value)


def test_passwords_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://me:{PASSWORD}@host/db?password={PASSWORD}&sslmode=require"
    assert without_password(url) == "postgresql://me@host/db?sslmode=require"
    monkeypatch.setattr(sys, "argv", ["fusionnas", "search", "--storage", url.split("?")[0]])
    assert command_line() == "fusionnas search --storage postgresql://me:***@host/db"


def test_the_values_of_a_trial_have_names(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    made = open_study(url, "named", create=True, objectives=("val_mae", "parameters"))
    assert made.metric_names == ["validation MAE", OBJECTIVES["parameters"].label]
    again = open_study(url, None, create=False)
    assert again.metric_names == made.metric_names
