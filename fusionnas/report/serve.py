"""Serves the page of a study to the browser of this machine: on loopback, and only to be read."""

from __future__ import annotations

import html
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from fusionnas.errors import OptionError
from fusionnas.files.causes import cause_of
from fusionnas.report.live import LivePage
from fusionnas.studies.folder import StudyFolder

HOST = "127.0.0.1"
# files of the folder report/ that are served under /report/, and the type of each
TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".csv": "text/csv; charset=utf-8"}


class StudyServer(ThreadingHTTPServer):
    """A server of one study; `serve_forever` runs it until `shutdown`.

    Args:
        folder: of the study.
        port: 0 takes a free one.

    Raises:
        OptionError: the port cannot be used.
    """

    daemon_threads = True

    def __init__(self, folder: StudyFolder, port: int = 0) -> None:
        self.page = LivePage(folder)
        self.folder = folder
        self.drawing = threading.Lock()  # pictures are drawn one at a time
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as e:
            why = cause_of(e) if isinstance(e, OSError) else str(e)
            raise OptionError(f"Port {port} cannot be used: {why}") from e

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has left; everything else as usual."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: StudyServer

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in (HOST, "localhost"):  # another site's name that leads to this machine
            self._say(HTTPStatus.FORBIDDEN, "Only this machine is served.")
            return
        path = unquote(urlsplit(self.path).path)
        if path == "/":
            self._page()
            return
        file = self._file(path)
        if file is None:
            self._say(HTTPStatus.NOT_FOUND, "There is no such page.")
        else:
            self._send(HTTPStatus.OK, *file)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _page(self) -> None:
        try:
            with self.server.drawing:
                page = self.server.page
                if page.finished():
                    body = self.server.folder.report.read_bytes()
                else:
                    body = page.html().encode()
        except Exception as e:  # the study is being written to: the next request finds it whole
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, f"The study cannot be read just now: {e}")
            return
        self._send(HTTPStatus.OK, body, "text/html; charset=utf-8")

    def _file(self, path: str) -> tuple[bytes, str] | None:
        """A picture or a table of the study's report and its type; None for everything else."""
        views = self.server.folder.views.resolve()
        name = path.removeprefix("/report/")
        if name == path or "\0" in name:
            return None
        try:
            file = (views / name).resolve()  # also where a link leads elsewhere
            inside = file.parent == views and file.suffix in TYPES and file.is_file()
            return (file.read_bytes(), TYPES[file.suffix]) if inside else None
        except OSError:  # a name that is too long, or a file that may not be read
            return None

    def _say(self, status: HTTPStatus, words: str) -> None:
        page = f"<!doctype html><title>{status.phrase}</title><p>{html.escape(words)}</p>"
        self._send(status, page.encode(), "text/html; charset=utf-8")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """No line a request: the terminal says where the page is, and nothing else."""
