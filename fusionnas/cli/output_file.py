"""Whether a file of -o can be written, asked before the work whose result it takes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from fusionnas.errors import OptionError
from fusionnas.files.causes import cause_of


def check_file(path: Path, makes_folder: bool = False) -> None:
    """Raise OptionError if a file cannot be written to `path`.

    A link stands for its target, and a pipe or a device is written to as it is; see
    `fusionnas.files.atomic`. For folders there is `fusionnas.files.whole_folder.check_open`.

    Args:
        path: the file.
        makes_folder: whether the folder of the file is made where there is none.
    """
    number = _problem(Path(os.path.realpath(path)), makes_folder)
    if number is not None:
        why = cause_of(OSError(number, os.strerror(number), str(path)))
        raise OptionError(f"{path} cannot be written: {why}")


def _problem(place: Path, makes_folder: bool) -> int | None:
    """The number of the error that writing would end in."""
    if place.is_dir():
        return errno.EISDIR
    if place.exists() and not place.is_file():
        return None if os.access(place, os.W_OK) else errno.EACCES
    folder = place.parent
    if makes_folder:
        folder = next(above for above in place.parents if above.exists())
    if not folder.is_dir():
        return errno.ENOTDIR if folder.exists() else errno.ENOENT
    return None if os.access(folder, os.W_OK) else errno.EACCES
