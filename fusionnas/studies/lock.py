"""The lock of a study folder: only one search at a time may write there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionnas.errors import StudyError

_NAME = ".lock"


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the lock; raises StudyError if another search holds it."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / _NAME, timeout=1):  # `is_locked` holds it for a moment
            yield
    except Timeout as e:
        raise StudyError(f"Another search is running in {folder}.") from e


def is_locked(folder: Path) -> bool:
    """Whether a search holds the lock."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / _NAME, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # the folder can only be read, so no search writes there
        return False
