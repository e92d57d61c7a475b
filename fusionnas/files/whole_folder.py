"""Folders that appear complete or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionnas.errors import BundleError, OptionError
from fusionnas.files.atomic import PART, part_beside
from fusionnas.files.causes import cause_of
from fusionnas.files.checksums import CHECKSUMS


def check_free(folder: Path) -> None:
    """Raise BundleError if `folder` is not empty or cannot be made."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists already; choose a new folder for the bundle.")
    if folder.resolve() == Path.cwd():
        raise BundleError("The bundle cannot be written to the current folder; name another.")
    if above := _closed(folder):
        raise BundleError(f"{folder} cannot be made: {above} is not a folder with write access.")


def check_open(folder: Path) -> None:
    """Raise OptionError if files cannot be written to `folder`, which need not exist yet.

    Call this before the work that produces the files.
    """
    if above := _closed(folder):
        raise OptionError(
            f"Files cannot be written to {folder}: {above} is not a folder with write access. "
            "Name another folder with -o."
        )


@contextmanager
def whole_folder(folder: Path, what: str) -> Iterator[Path]:
    """A folder to write to, which is renamed to `folder` when all is written.

    An existing folder, which can be a symbolic link or a mounted drive, is kept: the files are
    moved into it, the checksums last.

    Args:
        folder: empty, or not there yet.
        what: the name of what is written, for the message.

    Raises:
        BundleError: `folder` is not empty, or cannot be written.
    """
    check_free(folder)
    target = Path(os.path.realpath(folder))
    is_there = target.is_dir()
    part = part_beside(target / "all" if is_there else target)
    try:
        part.mkdir(parents=True)
        yield part
        if is_there:
            for path in sorted(part.iterdir(), key=lambda path: path.name == CHECKSUMS):
                path.rename(target / path.name)
        else:
            part.rename(target)
    except OSError as e:
        raise BundleError(f"The {what} cannot be written to {folder}: {cause_of(e)}") from e
    finally:
        shutil.rmtree(part, ignore_errors=True)


def remove_parts(folder: Path) -> None:
    """Remove unfinished files and folders that a killed process left in `folder`."""
    for part in folder.rglob(f"*{PART}"):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder if there is none; a symbolic link may point to the place of the new folder."""
    Path(os.path.realpath(folder)).mkdir(parents=True, exist_ok=True)


def _closed(folder: Path) -> Path | None:
    """The path that prevents writing to `folder`: itself or its nearest existing parent."""
    places = (folder.absolute(), *Path(os.path.realpath(folder)).parents)
    above = next(place for place in places if place.exists())
    return None if above.is_dir() and os.access(above, os.W_OK) else above
