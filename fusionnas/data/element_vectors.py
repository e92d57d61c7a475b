"""Element vectors: tables of numbers by element, from ElementEmbeddings or our own.

Several tables side by side are one choice, such as `mat2vec+magpie+oliynyk`. Each channel is then
standardised over the elements of its table. An element that is missing from a table has zeros
there, which is the mean of the table. No flag marks them as missing, because the other tables still
distinguish the element.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import MAX_Z, NUMBERS, SYMBOLS
from fusionnas.errors import ElementError, OptionError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from fusionnas.data.table import CompositionTable

# name here: (name in ElementEmbeddings, source); the scaled tables are used if the raw ones hold
# quantities of very different size
_TABLES = {
    "mat2vec": ("mat2vec", "Tshitoyan et al., Nature 571 (2019) 95"),
    "magpie": ("magpie_sc", "Ward et al., npj Comput. Mater. 2 (2016) 16028, standardised"),
    "oliynyk": ("oliynyk_sc", "Oliynyk et al., Chem. Mater. 28 (2016) 7324, standardised"),
    "megnet16": ("megnet16", "Chen et al., Chem. Mater. 31 (2019) 3564"),
    "matscholar": ("matscholar", "Weston et al., J. Chem. Inf. Model. 59 (2019) 3692"),
    "skipatom": ("skipatom", "Antunes et al., npj Comput. Mater. 8 (2022) 44"),
}
TABLE_NAMES: tuple[str, ...] = tuple(_TABLES)  # tables that can be joined, in this order
VECTOR_NAMES: tuple[str, ...] = (*_TABLES, "onehot", "trainable")
BESIDE = "+"  # between the names of joined tables


@cache
def element_vectors(name: str = "mat2vec") -> np.ndarray:
    """Element vectors (119, channels), float32, row = atomic number.

    Row 0 is zero. The row of an element is NaN if it is missing from the table, or from all of
    several tables.

    Raises:
        OptionError: there is no table with this name.
    """
    if BESIDE in name:
        return _side_by_side([element_vectors(one) for one in name.split(BESIDE)])
    if name == "trainable":  # nothing is read; the embedding learns its own
        return np.zeros((MAX_Z + 1, 1), dtype=np.float32)
    if name == "onehot":
        return np.eye(MAX_Z + 1, dtype=np.float32)[:, 1:]
    if name not in _TABLES:
        raise OptionError(
            f"There are no element vectors '{name}'; {did_you_mean(name, VECTOR_NAMES)}"
        )
    return embedding_table(_TABLES[name][0]).astype(np.float32)


def _side_by_side(tables: Sequence[np.ndarray]) -> np.ndarray:
    """Join tables (119, c) with different c; each channel is standardised, as described above."""
    parts, covered = [], np.zeros(MAX_Z + 1, dtype=bool)
    for table in tables:
        known = np.isfinite(table).all(axis=1)
        known[0] = False  # no element
        rows = table[known].astype(np.float64)
        part = np.zeros(table.shape)
        part[known] = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        parts.append(part)
        covered |= known
    joined = np.concatenate(parts, axis=1)
    joined[1:][~covered[1:]] = np.nan
    return joined.astype(np.float32)


def embedding_table(name: str) -> np.ndarray:
    """A table of ElementEmbeddings, (119, channels), float64; rows of missing elements are NaN.

    The file of the table is read as the package reads it. Its own loader also imports tools for
    plots, such as umap and numba, which takes longer than a small training.
    """
    from elementembeddings.utils.config import DEFAULT_ELEMENT_EMBEDDINGS

    files = resources.files("elementembeddings") / "data" / "element_representations"
    with resources.as_file(files / DEFAULT_ELEMENT_EMBEDDINGS[name]) as path:
        vectors = _csv_rows(path) if path.suffix == ".csv" else json.loads(path.read_text())
    channels = len(next(iter(vectors.values())))
    table = np.full((MAX_Z + 1, channels), np.nan)
    table[0] = 0
    for symbol, z in NUMBERS.items():
        if symbol in vectors:
            table[z] = vectors[symbol]
    return table


def _csv_rows(path: Path) -> dict[str, np.ndarray]:
    """The numbers of each element, whose symbol stands in the column `element`."""
    import pandas as pd

    frame = pd.read_csv(path)
    rows = frame.drop(columns="element").to_numpy()
    return dict(zip(frame["element"], rows, strict=True))


def check_covered(table: CompositionTable, vectors: np.ndarray, name: str) -> None:
    """Raise ElementError with element and formula if `table` needs a missing vector."""
    missing = ~np.isfinite(vectors).all(axis=1)[table.numbers]
    if missing.any():
        element = int(np.flatnonzero(missing)[0])
        row = int(np.searchsorted(table.offsets, element, side="right")) - 1
        raise ElementError(
            f"The element vectors '{name}' lack {SYMBOLS[table.numbers[element]]}, which "
            f"'{table[row].formula}' contains. mat2vec and onehot cover all elements."
        )
