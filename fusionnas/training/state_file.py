"""The state of a training on disk: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from fusionnas.errors import StorageError
from fusionnas.networks.network_file import sync
from fusionnas.training.memory import is_out_of_memory


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain data, synced; the file before it stays until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    torch.save(dict(state), part)
    put(part, path)


def read_state(path: Path) -> dict[str, Any] | None:
    """What `write_state` left, on the CPU; None where there is none. Runs no code.

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
        raise StorageError(f"{path} is damaged or cannot be read; remove it to begin anew.") from e


def put(part: Path, path: Path) -> None:
    """Give a written file its name, synced."""
    sync(part)
    os.replace(part, path)
    sync(path.parent)
