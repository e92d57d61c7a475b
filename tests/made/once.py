"""What is made once for all test processes of a run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """The folder `name`, which the first process that asks for it has filled; only to be read.

    Args:
        tmp_path_factory: of the test process.
        name: of the folder.
        make: fills the new folder that it is given.
    """
    own = tmp_path_factory.getbasetemp()
    # processes of one run share the folder above their own; without them that is of all runs
    above = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, made = above / name, above / f"{name}.made"
    with FileLock(above / f"{name}.lock"):
        if not made.is_file():
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
