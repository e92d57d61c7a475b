"""A second name for what is large and never changes, instead of a second copy of it."""

from __future__ import annotations

import os
import shutil


def link_or_copy(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """A hard link to `source`, or a copy where the file system has none.

    For files that are written once: what changed one of them would change the other.
    """
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
