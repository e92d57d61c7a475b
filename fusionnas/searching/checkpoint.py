"""A trial that waits at a rung, on disk: its training as it stands, and its looks for the driver.

rung.pt     the training, with which it goes on bit by bit as if it had never stopped
rungs.json  what the worker reported at each rung; written after rung.pt
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
    """Leave a training in a trial's folder, synced.

    Args:
        folder: of the trial.
        training: `Trainer.state()`.
        looks: one a rung so far.
        result: what is known of the result already, plain data.
    """
    state = {"training": training, "looks": list(looks), "result": dict(result)}
    write_state(folder / CHECKPOINT, state)
    write_text(folder / LOOKS, json.dumps(list(looks)), synced=True)


def read_checkpoint(folder: Path) -> dict[str, Any] | None:
    """What `write_checkpoint` left; None where there is none, or a damaged one."""
    try:
        return read_state(folder / CHECKPOINT)
    except StorageError:
        return None


def read_looks(folder: Path) -> list[Mapping[str, Any]]:
    """What a worker reported at each rung, so far."""
    try:
        return json.loads((folder / LOOKS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def drop_checkpoint(folder: Path) -> None:
    """The training won't go on; its looks stay."""
    (folder / CHECKPOINT).unlink(missing_ok=True)
