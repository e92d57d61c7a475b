"""What goes to standard output and standard error, whatever they can show and whoever reads."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any


def replace_unprintable() -> None:
    """Let standard output and standard error show `?` for what their encoding lacks.

    Otherwise one letter of a unit would end a command in an error after its work is done.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def flush_standard_output() -> None:
    """Write what is yet to be written; OSError where that fails."""
    if sys.stdout is not None:
        sys.stdout.flush()


def drop_standard_output() -> None:
    """Give up what could not be written, so that Python does not try again when it ends."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def print_json(plain: Any, indent: int | None = 2) -> None:
    """Print plain data as JSON, with escapes for letters that standard output cannot encode."""
    text = json.dumps(plain, indent=indent, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(plain, indent=indent)
    print(text)


class LastingStream:
    """Standard error for progress: work goes on where nobody reads it any more."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._lost = False  # its reader has gone, or its disk is full

    def write(self, text: str) -> int:
        self._try("write", text)
        return len(text)

    def flush(self) -> None:
        self._try("flush")

    def _try(self, name: str, *arguments: str) -> None:
        if not self._lost:
            try:
                getattr(self._stream, name)(*arguments)
            except (OSError, ValueError):  # ValueError: it was closed
                self._lost = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # encoding, isatty, fileno
