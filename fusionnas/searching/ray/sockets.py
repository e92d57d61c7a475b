"""A place for the sockets by which Ray's processes talk: their paths must be short.

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
# what Ray puts after its folder; a process has up to seven digits, a second socket a suffix
_NAMES = "/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store.1"
LONGEST = _LONGEST - len(_NAMES)  # bytes of Ray's folder


def ray_folder() -> str:
    """Where Ray keeps its files by itself."""
    names = ("RAY_TMPDIR", "TMPDIR") if sys.platform.startswith("linux") else ("RAY_TMPDIR",)
    above = next((os.environ[name] for name in names if name in os.environ), "/tmp")
    return os.path.join(above, "ray")


@contextmanager
def short_folder(wanted: str, above: str = "/tmp") -> Iterator[str]:
    """A path to Ray's folder that is short enough: itself, or a symbolic link while it is needed.

    Args:
        wanted: the folder in which Ray would keep its files; they lie there in either case.
        above: where the link can be.

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
            f"its sockets ({LONGEST} bytes at most), and there is no shorter way to it: "
            f"{cause_of(e)} Name a folder with a short path in the variable RAY_TMPDIR."
        ) from e
    try:
        link = own / "ray"
        link.symlink_to(os.path.abspath(wanted), target_is_directory=True)
        yield str(link)
    finally:
        shutil.rmtree(own, ignore_errors=True)
