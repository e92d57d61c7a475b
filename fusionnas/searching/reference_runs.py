"""The reference networks that a study has trained, read from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching.jobs import Kind
from fusionnas.searching.result_file import read_result
from fusionnas.searching.trial_result import is_usable

ARCHITECTURES = {"global": "lstm", "local": "dcnn-k1"}  # the reference network of each side

FOLDER = Kind.REFERENCE
_SIDES = {name: side for side, name in ARCHITECTURES.items()}


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """A finished reference training."""

    side: str  # global or local
    width: int
    seed: int  # 0, 1 ..., including that of a repetition
    path: Path
    result: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Key of its job, such as `references/lstm-w128-s0`."""
        return f"{FOLDER}/{self.path.name}"

    @property
    def usable(self) -> bool:
        """Whether it was trained to its end and learned something."""
        return is_usable(self.result)

    @property
    def has_weights(self) -> bool:
        return (self.path / WEIGHTS).is_file()


def reference_runs(study: Path) -> list[ReferenceRun]:
    """The finished reference trainings of a study folder, by name."""
    found = []
    for path in sorted((study / FOLDER).glob("*")):
        result = read_result(path)
        if result is not None:
            name, width, seed = path.name.rsplit("-", 2)  # dcnn-k1-w128-s0
            found.append(ReferenceRun(_SIDES[name], int(width[1:]), int(seed[1:]), path, result))
    return found
