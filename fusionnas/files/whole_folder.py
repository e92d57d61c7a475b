"""Folders that appear whole or not at all."""

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
    """Raise BundleError where `folder` holds something already, or cannot be made."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists already; give the bundle a folder of its own.")
    if folder.resolve() == Path.cwd():
        raise BundleError("The folder of the bundle cannot be the one you are in; name another.")
    if above := _closed(folder):
        raise BundleError(f"{folder} cannot be made: {above} is no folder that can be written to.")


def check_open(folder: Path) -> None:
    """Raise OptionError where files cannot be put into `folder`, which may not be there yet.

    To be asked before the work whose results it is for.
    """
    if above := _closed(folder):
        raise OptionError(
            f"{folder} cannot take the files: {above} is no folder that can be written to. Name "
            "another folder with -o."
        )


@contextmanager
def whole_folder(folder: Path, what: str) -> Iterator[Path]:
    """A folder to write into, which takes the name of `folder` once all is written.

    A folder that is there already stays the one that it is, be it a symbolic link or a mounted
    drive: what was written moves into it, the checksums last.

    Args:
        folder: empty, or not there yet.
        what: is written, for the message.

    Raises:
        BundleError: `folder` holds something already, or cannot be written.
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
    """Remove what was being written anywhere in `folder` when a process was killed."""
    for part in folder.rglob(f"*{PART}"):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none; a symbolic link may point to where it is to be."""
    Path(os.path.realpath(folder)).mkdir(parents=True, exist_ok=True)


def _closed(folder: Path) -> Path | None:
    """What stands in the way of files in `folder`: it or the nearest folder above that exists."""
    places = (folder.absolute(), *Path(os.path.realpath(folder)).parents)
    above = next(place for place in places if place.exists())
    return None if above.is_dir() and os.access(above, os.W_OK) else above
