"""Compositions as a small binary file, without pickle.

Each element is one byte. Fractions repeat (a quarter, two fifths ...), so each distinct value is
stored once, exactly, and each element stores the index of its value. 34,546 compositions take
160 kB, compressed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError
from fusionnas.files.atomic import whole_file


def write_compositions(path: Path, table: CompositionTable) -> None:
    """Write a table; the same table gives the same bytes."""
    values, place = np.unique(table.fractions, return_inverse=True)
    with whole_file(path) as file:
        np.savez_compressed(
            file,
            numbers=table.numbers.astype(np.uint8),
            lengths=table.lengths.astype(np.uint8),
            fractions=values,
            place=place.astype(np.min_scalar_type(max(len(values) - 1, 0))),
        )


def read_compositions(path: Path) -> CompositionTable:
    """The table that `write_compositions` wrote.

    Raises:
        BundleError: the file cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            numbers, lengths = arrays["numbers"].astype(np.int16), arrays["lengths"]
            fractions = arrays["fractions"][arrays["place"]]
    except Exception as e:  # zipfile and NumPy raise many kinds of errors for damaged files
        raise BundleError(f"{path}: the training compositions cannot be read: {e}") from e
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return CompositionTable(numbers, fractions, offsets)
