"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionnas.errors import BundleError


def check_free(folder: Path) -> None:
    """Raise BundleError where `folder` holds something already, or cannot be made."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists already; give the bundle a folder of its own.")
    if folder.resolve() == Path.cwd():
        raise BundleError("The folder of the bundle cannot be the one you are in; name another.")
    above = next(place for place in folder.absolute().parents if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise BundleError(f"{folder} cannot be made: {above} is no folder that can be written to.")


@contextmanager
def whole_folder(folder: Path, what: str) -> Iterator[Path]:
    """A folder to write into, which takes the name of `folder` once all is written.

    Args:
        folder: empty, or not there yet.
        what: is written, for the message.

    Raises:
        BundleError: `folder` holds something already, or cannot be written.
    """
    check_free(folder)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as e:
        raise BundleError(f"The {what} cannot be written to {folder}: {e}") from e
    finally:
        shutil.rmtree(part, ignore_errors=True)
