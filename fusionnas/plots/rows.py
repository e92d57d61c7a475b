"""The rows of a table, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows with their columns as attributes; pandas' own stubs know no type of a value."""
    return iter(frame.itertuples(index=False))
