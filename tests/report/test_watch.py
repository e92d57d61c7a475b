"""The live page: what it shows, what it refuses, and that it only reads."""

from __future__ import annotations

import http.client
import signal
import socket
import struct
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
from fusionnas.studies.folder import StudyFolder
from tests.report.running_study import begin


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
    return begin(tmp_path)[0]


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
        f"/report/{'a' * 300}.svg",
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


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET"])
def test_a_browser_that_leaves_is_no_event(
    made: StudyFolder, request_line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(made) as server:
        for _ in range(3):
            client = socket.create_connection((HOST, server.server_port))
            client.sendall(request_line)
            # closing resets the connection, whatever is still to be sent
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        assert ask(server, "/report/front.csv")[0] == 200
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(60)
    assert capfd.readouterr().err == ""


def test_other_faults_of_the_server_are_still_told(
    running: StudyFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr("fusionnas.report.serve._Handler._page", broken)
    with served(running) as server, pytest.raises(http.client.RemoteDisconnected):
        ask(server, "/")
    assert "made to fail" in capfd.readouterr().err


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
