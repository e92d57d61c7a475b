"""Rules for the name of a new study."""

from __future__ import annotations

import os
from pathlib import Path

from fusionnas.errors import OptionError, StudyError

_LONGEST = 200  # bytes; file systems allow 255, and suffixes are added


def check_new_name(name: str, runs: Path) -> None:
    """Check that `runs/name` can be the folder of a new study.

    Raises:
        OptionError: `name` is a path, or cannot be typed again.
        StudyError: such a study exists already.
    """
    if why := _unusable(name):
        raise OptionError(
            f"--name must be the name of a folder in {runs}, but {why}: {name!r}. For a study "
            "elsewhere name the folder of all studies with --runs."
        )
    path = runs / name
    if (path / "study.yaml").exists():
        raise StudyError(
            f"The study '{name}' exists already; add --resume to continue it, or give another "
            "--name."
        )
    if path.exists() and not path.is_dir():
        raise StudyError(f"{path} exists already and is not a folder; give another --name.")


def _unusable(name: str) -> str | None:
    """The reason why it cannot be a name, in words."""
    if not name.strip():
        return "it is empty"
    if name in (".", "..") or "/" in name or "\\" in name:
        return "it is a path"
    if not name.isprintable() or name != name.strip():
        return "it contains characters that cannot be seen"
    if name.startswith("-"):
        return "it begins like an option"
    if len(os.fsencode(name)) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    return None
