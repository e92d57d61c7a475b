"""Tables to measure on, no larger than is asked for, drawn with seed 0."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset, load_fold
from fusionnas.data.splits import Parts

BUILT_IN = "ricci_seebeck_p"


def load_table(name: str, folder: Path, rows: tuple[int, int, int]) -> Dataset:
    """A table by its name.

    Args:
        name: of a folder in FOLDER/extended or FOLDER/matbench (there the first fold), or the
            built-in data's.
        folder: where these lie.
        rows: at most, of the training, validation and test part.
    """
    whole = whole_table(name, folder)
    rng = np.random.default_rng(0)
    parts = (whole.parts.train, whole.parts.val, whole.parts.test)
    drawn = (np.sort(rng.permutation(part)[:most]) for part, most in zip(parts, rows, strict=True))
    return replace(whole, parts=Parts(*drawn))


def whole_table(name: str, folder: Path) -> Dataset:
    """All rows of a table by its name, as `load_table` finds it."""
    if name == BUILT_IN:
        return load_dataset()
    if (folder / "extended" / name).is_dir():
        return load_dataset(str(folder / "extended" / name))
    return load_fold(folder / "matbench" / name, 0)
