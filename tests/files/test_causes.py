"""Each error of the operating system in its own words."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from fusionnas.files.causes import cause_of


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space is left for runs/x. Make room there."),
        (errno.EDQUOT, "the quota of disk space is used up"),
        (errno.EACCES, "this user has no permission for runs/x. Change"),
        (errno.EPERM, "this user has no permission for runs/x. Change"),
        (errno.EROFS, "runs/x is on a read-only file system. Name another"),
        (errno.EMFILE, "too many files are open, so runs/x cannot be opened. Raise the limit"),
        (errno.ENAMETOOLONG, "the path runs/x is too long. Choose shorter names."),
        (errno.EIO, "the disk reports an error at runs/x. Check the disk"),
        (errno.ENOENT, "runs/x, or a folder above it, does not exist. Make the folder"),
        (errno.EDOM, "[Errno 33] Numerical argument out of domain: 'runs/x'."),
    ],
)
def test_what_happened_and_what_to_do(number: int, words: str) -> None:
    found = cause_of(OSError(number, os.strerror(number), "runs/x"))
    assert found.startswith(words)
    assert ("Make room" in found) == (number in (errno.ENOSPC, errno.EDQUOT))


def test_errors_without_a_file_or_a_number() -> None:
    assert cause_of(OSError(errno.ENOSPC, "No space")) == (
        "no space is left for a file. Make room there."
    )
    assert cause_of(OSError("AF_UNIX path length cannot exceed 107 bytes")) == (
        "AF_UNIX path length cannot exceed 107 bytes."
    )
    assert cause_of(TimeoutError()) == "TimeoutError."


def test_the_first_error_of_a_copy(tmp_path: Path) -> None:
    """`shutil.copytree` collects errors as text."""
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "gone").symlink_to("nowhere")
    with pytest.raises(shutil.Error) as found:
        shutil.copytree(tmp_path / "from", tmp_path / "to")
    assert cause_of(found.value).startswith(f"{tmp_path / 'to' / 'gone'}, or a folder above it,")
