"""What a trial's mark says under the pointer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fusionnas.plots.numbers import fixed, short
from fusionnas.plots.rows import each

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.studies.finished import FinishedStudy


def trial_words(trials: pd.DataFrame, material: FinishedStudy) -> dict[str, str]:
    """By the gid of a trial's mark: number, architecture, errors, size, origin."""
    found = {}
    for row in each(trials):
        value = short(getattr(row, material.val))
        error = f"{material.error.label} {value} {material.unit}".strip()
        deviation = getattr(row, "cecv_deviation", math.nan)
        if not math.isnan(deviation):
            error += f", deviation {fixed(deviation)}"
        size = f"{int(row.parameters):,} parameters, {short(row.train_seconds)} s of training"
        head, tail = f"trial {row.number}: {row.architecture}", f"proposed by: {row.origin}"
        if isinstance(getattr(row, "change", None), str):
            tail += f", {row.change} (from trial {int(row.parent)})"
        found[gid(row.number)] = "\n".join([head, error, size, tail])
    return found


def gid(number: int) -> str:
    """Of a trial's mark in every picture."""
    return f"trial-{number}"
