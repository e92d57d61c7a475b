"""Atomic writing: a file appears complete or not at all.

How a path is written depends on what is there:

    nothing, a regular file   a new file is written next to it and then renamed: readers see the
                              old file or the new one, and after an error the old one is unchanged
    a symbolic link           is kept; its target is written by these rules
    a pipe, a device          is kept and written to, because a renamed file would replace it
"""

from __future__ import annotations

import io
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    import pandas as pd

PART = ".part"  # the ending of files and folders that are not complete yet


@contextmanager
def whole_file(path: str | Path, synced: bool = False) -> Iterator[BinaryIO]:
    """A file to write bytes to; it gets its name when the block ends without an error.

    Args:
        path: the file, in an existing folder. If it replaces a file, it keeps the permissions.
        synced: also make sure that the file and its name survive a crash of the machine.

    Raises:
        OSError: the file cannot be written; the error names `path`.
    """
    path = Path(path)
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        with _opened(path, "wb", path) as special:
            yield special
        return
    target = Path(os.path.realpath(path))
    part = part_beside(target)
    try:
        with _opened(part, "xb", path) as file:
            yield file
            file.flush()
            if mode is not None:
                with suppress(OSError):  # not every file system keeps permissions
                    part.chmod(stat.S_IMODE(mode))
            if synced:
                os.fsync(file.fileno())
        with _naming(path):
            part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)  # it is still there if something failed
    if synced:
        sync(target.parent)


@contextmanager
def whole_text(path: str | Path, synced: bool = False) -> Iterator[IO[str]]:
    """Like `whole_file`, for text; see `as_text`."""
    with whole_file(path, synced) as file, as_text(file) as text:
        yield text


@contextmanager
def as_text(file: BinaryIO) -> Iterator[IO[str]]:
    """A text file over a file of bytes, in UTF-8 with unchanged line ends; it stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()  # flushes


def write_bytes(path: str | Path, content: bytes, synced: bool = False) -> None:
    """Write bytes to a file atomically."""
    with whole_file(path, synced) as file:
        file.write(content)


def write_text(path: str | Path, text: str, synced: bool = False) -> None:
    """Write a text to a file atomically."""
    write_bytes(path, text.encode(), synced)


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a table, without its index, to a CSV atomically."""
    with whole_text(path) as file:
        frame.to_csv(file, index=False)


def part_beside(target: Path) -> Path:
    """An unused name next to `target`, for the file that will replace it."""
    stem = os.fsencode(target.name)[:200].decode(errors="ignore")  # a name has 255 bytes at most
    return target.with_name(f"{stem}.{secrets.token_hex(4)}{PART}")


def is_standard_output(path: str | Path) -> bool:
    """Whether a path, such as /dev/stdout, is the standard output of this process."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):  # a notebook's has no descriptor
        return False


def sync(path: Path) -> None:
    """Make sure that a written file, or the names in a folder, survives a crash of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int | None:
    """Kind and permissions of the file at a path; None if there is no file."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _opened(place: Path, mode: str, path: Path) -> BinaryIO:
    with _naming(path):
        return cast(BinaryIO, io.BufferedWriter(_NamedFile(place, mode, path)))


class _NamedFile(io.FileIO):
    """A file whose errors name the path that the user gave."""

    def __init__(self, place: Path, mode: str, path: Path) -> None:
        super().__init__(place, mode)
        self._path = path

    def write(self, content: Any, /) -> int:
        with _naming(self._path):
            return super().write(content)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Make an OSError name `path` instead of the temporary file or of no file."""
    try:
        yield
    except OSError as e:
        raise OSError(e.errno, e.strerror, str(path)) from e
