"""The rows of a table, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows with the columns as attributes; the stubs of pandas give no types for the values."""
    return iter(frame.itertuples(index=False))
