"""Arrays kept on disk between runs. Losing them costs time, never a result."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np


def cache_folder() -> Path:
    """Where arrays are kept; the variable FUSIONNAS_CACHE moves it."""
    import platformdirs

    return Path(os.environ.get("FUSIONNAS_CACHE") or platformdirs.user_cache_dir("fusionnas"))


def read_arrays(name: str) -> dict[str, np.ndarray] | None:
    """The arrays that were written under a name; None where there are none or they are damaged."""
    try:
        with np.load(cache_folder() / f"{name}.npz", allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception:  # zipfile and NumPy raise a dozen kinds on damaged files
        return None


def write_arrays(name: str, arrays: dict[str, np.ndarray]) -> None:
    """Write whole or not at all; a folder that cannot be written is no error.

    Each writer has a part file of its own, so that two at a time do no harm.
    """
    path = cache_folder() / f"{name}.npz"
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            part = Path(file.name)
            np.savez(file, **arrays)  # type: ignore[arg-type]  # an array is never allow_pickle
        part.replace(path)
    except OSError:
        if part is not None:
            part.unlink(missing_ok=True)
