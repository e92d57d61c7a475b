"""The live page: what it shows, what it refuses, and that it only reads."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.errors import OptionError, StudyError
from fusionnas.files.yaml_file import write_yaml
from fusionnas.report.serve import HOST, StudyServer
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.studies.folder import StudyFolder
from tests.searching.toy import SPACE, result_of


@contextmanager
def served(folder: StudyFolder) -> Iterator[StudyServer]:
    with StudyServer(folder) as server:
        # a short interval: `shutdown` waits for its end
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(
    server: StudyServer, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=60)
    connection.request(method, path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text


@pytest.fixture
def running(tmp_path: Path) -> StudyFolder:
    """A study with four trials done and one in training."""
    path = tmp_path / "runs" / "toy"
    path.mkdir(parents=True)
    facts = {"space": {"name": "tiny"}, "data": {"name": "made", "unit": "eV", "target": "gap"}}
    write_yaml(path / "study.yaml", facts)
    (tmp_path / "toy.yaml").write_text(SPACE)
    folder = StudyFolder(path)
    stored = folder.open_study(create=True)
    study = ArchitectureStudy(stored, load_space(str(tmp_path / "toy.yaml")), 0, "random", [], 0)
    for _ in range(4):
        proposal = study.propose()
        assert proposal is not None
        result = result_of({"architecture": proposal.architecture.to_dict(), "seed": 0})
        told = {
            "collapsed": False,
            "val_mae": result["val_mae"],
            "parameters": 10,
            "train_seconds": 1.0,
            "cecv_deviation": 0.5,
            "skill": 0.3,
        }
        study.tell(proposal.number, "done", (told["val_mae"], 0.5), told)
    assert study.propose() is not None
    return folder


def test_a_running_study_is_shown(running: StudyFolder) -> None:
    with running.locked(), served(running) as server:
        status, page = ask(server, "/")
        assert ask(server, "/", "HEAD") == (200, "")
    assert status == 200
    for words in ("toy, running", "5 trials: 1 running, 4 done", "In training: trial 4", "<svg"):
        assert words in page
    assert page.count("<tr data-trial") == 5
    assert 'id="best-so-far"' in page


def test_a_study_that_has_just_begun(tmp_path: Path) -> None:
    facts = {"space": {"name": "tiny"}, "data": {"name": "made", "unit": ""}}
    (tmp_path / "new").mkdir()
    write_yaml(tmp_path / "new" / "study.yaml", facts)
    with served(StudyFolder(tmp_path / "new")) as server:
        status, page = ask(server, "/")
    assert status == 200
    assert "No trial has ended yet" in page


def test_a_finished_study_is_its_report(made: StudyFolder) -> None:
    with served(made) as server:
        assert ask(server, "/") == (200, made.report.read_text(encoding="utf-8"))
        assert ask(server, "/report/front.csv")[1].startswith("number,")


@pytest.mark.parametrize(
    "path",
    [
        "/../study.yaml",
        "/study.yaml",
        "/report/../study.yaml",
        "/report/%2e%2e/study.yaml",
        "/report/..%2fsummary.json",
        "/report/%00front.csv",
        "/report//etc/passwd",
        "/report/elsewhere.csv",
        "/report/",
        "/nowhere",
    ],
)
def test_what_is_not_of_the_report_is_refused(copy: StudyFolder, path: str) -> None:
    secret = copy.path.parent / "secret.csv"
    secret.write_text("secret")
    (copy.views / "elsewhere.csv").symlink_to(secret)
    with served(copy) as server:
        status, page = ask(server, path)
    assert status == 404
    assert "secret" not in page
    assert "no such page" in page


def test_other_hosts_and_other_methods_are_refused(running: StudyFolder) -> None:
    with served(running) as server:
        assert server.server_address[0] == "127.0.0.1"
        assert ask(server, "/", host="evil.example:80")[0] == 403
        assert ask(server, "/", host=f"localhost:{server.server_port}")[0] == 200
        for method in ("POST", "PUT", "DELETE"):
            assert ask(server, "/", method)[0] == 501


def test_a_port_that_is_taken_is_one_message(running: StudyFolder) -> None:
    with (
        served(running) as server,
        pytest.raises(OptionError, match="cannot be used"),
    ):
        StudyServer(running, server.server_port)


def test_a_study_that_is_absent_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["watch", "nowhere", "--runs", str(tmp_path)])
    assert isinstance(done.exception, StudyError)
    assert "no study 'nowhere'" in str(done.exception)


def test_ctrl_c_ends_it(running: StudyFolder) -> None:
    command = [sys.executable, "-m", "fusionnas", "watch", str(running.path)]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # not so in the background
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heard) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
