"""How similar the elements are in a network: correlations of their mean features.

Symbols: E element rows of d channels, M distinct elements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.periodic_table import block_name, periodic_order

if TYPE_CHECKING:
    import pandas as pd


def element_similarity(rows: np.ndarray, numbers: np.ndarray, least: int = 3) -> pd.DataFrame:
    """Correlations (M, M) of elements, in periodic order; index and columns are symbols.

    The features of an element are averaged over all compounds that contain it. Then each channel is
    centred over the elements, since the common part of all elements would make everything similar.
    Then two elements are correlated over channels.

    Args:
        rows: features (E, d).
        numbers: atomic numbers (E,).
        least: an element in fewer compounds is left out.
    """
    import pandas as pd

    present, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    sums = np.zeros((len(present), rows.shape[1]))
    np.add.at(sums, inverse, rows)
    means = sums / counts[:, None]
    place = {int(z): i for i, z in enumerate(present) if counts[i] >= least}
    order = periodic_order(place)
    means = means[[place[z] for z in order]]
    centred = means - means.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = centred / np.where(norm > 0, norm, np.nan)
    names = [SYMBOLS[z] for z in order]
    return pd.DataFrame(np.clip(unit @ unit.T, -1, 1), index=names, columns=names)


def group_contrast(similarity: pd.DataFrame) -> tuple[float, float]:
    """Mean correlation of two elements of one group, and of two of different groups."""
    groups = np.array([block_name(NUMBERS[symbol]) for symbol in similarity.index])
    upper = np.triu_indices(len(groups), k=1)
    same = (groups[:, None] == groups[None, :])[upper]
    values = similarity.to_numpy()[upper]
    return _mean(values[same]), _mean(values[~same])


def _mean(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
