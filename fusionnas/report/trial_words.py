"""What a trial's mark says under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fusionnas.report.numbers import fixed, short

if TYPE_CHECKING:
    import pandas as pd


def trial_words(trials: pd.DataFrame, unit: str) -> dict[str, str]:
    """By the gid of a trial's mark: number, architecture, errors, size, origin."""
    rows: Iterator[Any] = trials.itertuples()
    found = {}
    for row in rows:
        lines = [f"trial {row.number}: {row.architecture}", f"MAE {short(row.val_mae)} {unit}"]
        if getattr(row, "cecv_deviation", None) is not None and row.cecv_deviation == row.cecv_deviation:
            lines[1] += f", deviation {fixed(row.cecv_deviation)}"
        lines.append(f"{int(row.parameters):,} parameters, {short(row.train_seconds)} s of training")
        lines.append(f"proposed by: {row.origin}")
        found[gid(row.number)] = "\n".join(lines)
    return found


def gid(number: int) -> str:
    """Of a trial's mark in every picture."""
    return f"trial-{number}"
