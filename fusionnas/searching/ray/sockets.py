"""A folder for the sockets of Ray's processes, whose paths must be short.

The operating system allows 107 bytes (103 on macOS), and Ray's names take 64 of them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionnas.errors import RunError
from fusionnas.files.causes import cause_of

_LONGEST = 103 if sys.platform == "darwin" else 107
# the part of the path after Ray's folder; a process number has up to seven digits, and a second
# socket a suffix
_NAMES = "/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store.1"
LONGEST = _LONGEST - len(_NAMES)  # longest path of Ray's folder in bytes


def ray_folder() -> str:
    """The folder that Ray uses by default."""
    names = ("RAY_TMPDIR", "TMPDIR") if sys.platform.startswith("linux") else ("RAY_TMPDIR",)
    above = next((os.environ[name] for name in names if name in os.environ), "/tmp")
    return os.path.join(above, "ray")


@contextmanager
def short_folder(wanted: str, above: str = "/tmp") -> Iterator[str]:
    """A path to Ray's folder that is short enough: the folder itself, or a temporary symbolic link.

    Args:
        wanted: the folder for Ray's files; they are written there in both cases.
        above: the folder for the link.

    Raises:
        RunError: the path is too long, and a link cannot be made.
    """
    if len(os.fsencode(wanted)) <= LONGEST:
        yield wanted
        return
    try:
        os.makedirs(wanted, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix="fusionnas-", dir=above))
    except OSError as e:
        raise RunError(
            f"Ray cannot be started: the path of its temporary folder, {wanted}, is too long for "
            f"its sockets ({LONGEST} bytes at most), and a shorter link to it cannot be made: "
            f"{cause_of(e)} Set the variable RAY_TMPDIR to a folder with a short path."
        ) from e
    try:
        link = own / "ray"
        link.symlink_to(os.path.abspath(wanted), target_is_directory=True)
        yield str(link)
    finally:
        shutil.rmtree(own, ignore_errors=True)
