"""Predictions and targets as columns of a table: `value` for one number in a row, `value[NAME]` for
several. The cells of gaps are empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def columns_of(name: str, values: np.ndarray, parts: Sequence[str]) -> Mapping[str, np.ndarray]:
    """The columns of predictions by name.

    Args:
        name: what they are.
        values: (N,), or (N, K).
        parts: the names of the K numbers, such as classes or targets.
    """
    if values.ndim == 1:
        return {name: values}
    return {f"{name}[{part}]": values[:, place] for place, part in enumerate(parts)}


def values_of(frame: pd.DataFrame, name: str) -> np.ndarray:
    """The predictions, (N,) or (N, K), that `columns_of` put into a table."""
    if name in frame:
        return frame[name].to_numpy(float)
    return frame[_parts(frame, name)].replace("", np.nan).to_numpy(float)


def has_values(frame: pd.DataFrame, name: str) -> bool:
    """Whether a table holds these predictions."""
    return name in frame or bool(_parts(frame, name))


def _parts(frame: pd.DataFrame, name: str) -> list[str]:
    return [column for column in map(str, frame.columns) if column.startswith(f"{name}[")]
