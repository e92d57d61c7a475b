"""A trial that waits at a rung, on disk: the state of its training and its rung reports.

rung.pt     the state of the training, from which it continues bit by bit as if never stopped
rungs.json  the report of the worker at each rung; written after rung.pt
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.errors import StorageError
from fusionnas.files.atomic import write_text
from fusionnas.training.state_file import read_state, write_state

CHECKPOINT, LOOKS = "rung.pt", "rungs.json"


def write_checkpoint(
    folder: Path,
    training: Mapping[str, Any],
    looks: Sequence[Mapping[str, Any]],
    result: Mapping[str, Any],
) -> None:
    """Write the state of a training into the folder of its trial, synced to the disk.

    Args:
        folder: folder of the trial.
        training: the result of `Trainer.state()`.
        looks: the reports so far, one for each rung.
        result: the fields of the result that are already known, as plain data.
    """
    state = {"training": training, "looks": list(looks), "result": dict(result)}
    write_state(folder / CHECKPOINT, state)
    write_text(folder / LOOKS, json.dumps(list(looks)), synced=True)


def read_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The state written by `write_checkpoint`; None if there is none, or if it is damaged."""
    try:
        return read_state(folder / CHECKPOINT)
    except StorageError:
        return None


def read_looks(folder: Path) -> list[Mapping[str, Any]]:
    """The reports of the worker at each rung so far."""
    try:
        return json.loads((folder / LOOKS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def drop_checkpoint(folder: Path) -> None:
    """Delete the state of a training that will not continue; its rung reports stay."""
    (folder / CHECKPOINT).unlink(missing_ok=True)
