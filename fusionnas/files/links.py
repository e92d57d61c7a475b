"""A second name for a large file that never changes, instead of a second copy."""

from __future__ import annotations

import os
import shutil


def link_or_copy(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Make a hard link to `source`, or a copy if the file system has no links.

    Only for files that are written once, because a change of one would change the other.
    """
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
