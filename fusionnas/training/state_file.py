"""The state of a training on disk: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from fusionnas.network_file import sync


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain data, synced; the file before it stays until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    torch.save(dict(state), part)
    put(part, path)


def read_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """What `write_state` left; None where there is none, or a damaged one. Runs no code."""
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, UnpicklingError):
        return None


def put(part: Path, path: Path) -> None:
    """Give a written file its name, synced."""
    sync(part)
    os.replace(part, path)
    sync(path.parent)
