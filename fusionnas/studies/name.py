"""What a new study may be called."""

from __future__ import annotations

import os
from pathlib import Path

from fusionnas.errors import OptionError, StudyError

_LONGEST = 200  # bytes; file systems allow 255, and suffixes come to it


def check_new_name(name: str, runs: Path) -> None:
    """Make sure that `runs/name` can be the folder of a new study.

    Raises:
        OptionError: `name` is no name but a path, or nothing that can be typed again.
        StudyError: there is such a study already.
    """
    if why := _unusable(name):
        raise OptionError(
            f"--name must be the name of a folder in {runs}, but {why}: {name!r}. For a study "
            "elsewhere name the folder of all studies with --runs."
        )
    path = runs / name
    if (path / "study.yaml").exists():
        raise StudyError(
            f"The study '{name}' exists already; add --resume to go on with it, or give another "
            "--name."
        )
    if path.exists() and not path.is_dir():
        raise StudyError(f"{path} exists already and is no folder; give another --name.")


def _unusable(name: str) -> str | None:
    """Why it is no name, in words."""
    if not name.strip():
        return "it is empty"
    if name in (".", "..") or "/" in name or "\\" in name:
        return "it is a path"
    if not name.isprintable() or name != name.strip():
        return "it holds characters that cannot be seen"
    if name.startswith("-"):
        return "it begins like an option"
    if len(os.fsencode(name)) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    return None
