"""The state of a training on disk, written completely or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from fusionnas.errors import StorageError
from fusionnas.files.atomic import whole_file
from fusionnas.training.memory import is_out_of_memory


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain data, synced; the earlier file stays until then.

    Raises:
        OSError: it cannot be written, for example because no space is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, synced=True) as file:
        try:
            torch.save(dict(state), file)
        except RuntimeError as e:  # torch raises this for an error of the file
            if isinstance(e.__context__, OSError):
                raise e.__context__ from e
            raise


def read_state(path: Path) -> dict[str, Any] | None:
    """Read the state of `write_state`, on the CPU; None if there is none. It runs no code.

    Raises:
        StorageError: it is damaged, or cannot be read.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError, EOFError, UnpicklingError) as e:
        if is_out_of_memory(e):
            raise
        raise StorageError(f"{path} is damaged or cannot be read; remove it to start anew.") from e
