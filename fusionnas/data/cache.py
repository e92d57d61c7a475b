"""Arrays that are kept on disk between runs. If they are lost, only time is lost."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np

from fusionnas.files.atomic import whole_file


def cache_folder() -> Path:
    """The folder of the arrays; the environment variable FUSIONNAS_CACHE changes it."""
    import platformdirs

    return Path(os.environ.get("FUSIONNAS_CACHE") or platformdirs.user_cache_dir("fusionnas"))


def read_arrays(name: str) -> dict[str, np.ndarray] | None:
    """The arrays that were written under a name; None if they are missing or damaged."""
    try:
        with np.load(cache_folder() / f"{name}.npz", allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception:  # zipfile and NumPy raise many kinds of errors for damaged files
        return None


def write_arrays(name: str, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays atomically; it is no error if the folder cannot be written."""
    path = cache_folder() / f"{name}.npz"
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # an array is never allow_pickle
