"""Files that appear whole or not at all, whatever stands at their path.

What stands at a path decides how it is written:

    nothing, a regular file   written beside it under another name, then renamed: readers see the
                              old file or the new one, and after an error the old one is still there
    a symbolic link           stays; what it points to is written by these rules
    a pipe, a device          stays and is written into, since a renamed file would take its place
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

PART = ".part"  # how the names of files and folders end that are not whole yet


@contextmanager
def whole_file(path: str | Path, synced: bool = False) -> Iterator[BinaryIO]:
    """A file to write bytes to, which takes its name when the block ends without an error.

    Args:
        path: of the file; its folder exists. The permissions of a file that is replaced are kept.
        synced: also make sure that the file and its name survive a crash of the machine.

    Raises:
        OSError: it cannot be written; the error names `path`.
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
            part.unlink(missing_ok=True)  # still there where something failed
    if synced:
        sync(target.parent)


@contextmanager
def whole_text(path: str | Path, synced: bool = False) -> Iterator[IO[str]]:
    """The same for text; see `as_text`."""
    with whole_file(path, synced) as file, as_text(file) as text:
        yield text


@contextmanager
def as_text(file: BinaryIO) -> Iterator[IO[str]]:
    """A file of bytes that takes text, in UTF-8 with line ends as given; it stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()  # flushes


def write_bytes(path: str | Path, content: bytes, synced: bool = False) -> None:
    """Put bytes into a file, whole or not at all."""
    with whole_file(path, synced) as file:
        file.write(content)


def write_text(path: str | Path, text: str, synced: bool = False) -> None:
    """Put a text into a file, whole or not at all."""
    write_bytes(path, text.encode(), synced)


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Put a table into a CSV, without its index, whole or not at all."""
    with whole_text(path) as file:
        frame.to_csv(file, index=False)


def part_beside(target: Path) -> Path:
    """A name beside `target` that nothing has yet, for what is to take its place."""
    stem = os.fsencode(target.name)[:200].decode(errors="ignore")  # a name has 255 bytes at most
    return target.with_name(f"{stem}.{secrets.token_hex(4)}{PART}")


def is_standard_output(path: str | Path) -> bool:
    """Whether a path, such as /dev/stdout, leads to this process's standard output."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):  # a notebook's has no descriptor
        return False


def sync(path: Path) -> None:
    """Make sure that a written file, or the names in a folder, survive a crash of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int | None:
    """Kind and permissions of what a path leads to; None where nothing is there."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _opened(place: Path, mode: str, path: Path) -> BinaryIO:
    with _naming(path):
        return cast(BinaryIO, io.BufferedWriter(_NamedFile(place, mode, path)))


class _NamedFile(io.FileIO):
    """A file whose errors carry the path that the user knows."""

    def __init__(self, place: Path, mode: str, path: Path) -> None:
        super().__init__(place, mode)
        self._path = path

    def write(self, content: Any, /) -> int:
        with _naming(self._path):
            return super().write(content)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """An OSError names `path` instead of the file beside it, or instead of nothing."""
    try:
        yield
    except OSError as e:
        raise OSError(e.errno, e.strerror, str(path)) from e
