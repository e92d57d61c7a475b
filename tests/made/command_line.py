"""The command line inside the process of the tests, which has loaded already what it needs."""

from __future__ import annotations

import io
import os
import sys
import warnings
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock


def fusionnas(
    *arguments: str, cwd: Path, encoding: str = "utf-8", columns: int = 200
) -> CompletedProcess[str]:
    """Run `fusionnas ARGUMENTS` in the folder `cwd`: what it prints, and its exit code.

    Args:
        arguments: of the command line.
        cwd: where it runs.
        encoding: of its standard output and standard error.
        columns: the width of the terminal.
    """
    from fusionnas.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    code: int | str | None = 0
    with (
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "argv", ["fusionnas", *arguments]),
        mock.patch.dict(os.environ, {"COLUMNS": str(columns)}),
        warnings.catch_warnings(),
    ):
        warnings.resetwarnings()  # as in a process of its own, each time
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning):
            warnings.simplefilter("ignore", category)
        try:
            main()
        except SystemExit as e:
            code = e.code
    told = []
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
        told.append(stream.read())
    return CompletedProcess(["fusionnas", *arguments], int(code or 0), *told)
