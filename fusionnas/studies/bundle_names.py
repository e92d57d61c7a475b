"""How bundles are called in tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def short_names(folders: Sequence[str | Path]) -> list[str]:
    """The last part of each path, more parts where that is not unique."""
    paths = [Path(folder) for folder in folders]
    for parts in range(1, 5):
        names = ["/".join(path.parts[-parts:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{path.name} ({place})" for place, path in enumerate(paths, start=1)]
