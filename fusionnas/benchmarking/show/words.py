"""What a benchmark comes to, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.benchmarking.summary import error_matrix, main_lines

if TYPE_CHECKING:
    import pandas as pd


def answer(summary: pd.DataFrame) -> str:
    """How often each system has the lowest error, and where nothing can be said."""
    complete = main_lines(summary[summary["complete"]])
    errors = error_matrix(complete)
    if errors.empty:
        return "No table has a complete result yet."
    tables, systems = errors.shape
    if systems == 1:
        return f"One system, {errors.columns[0]}, has results; a comparison needs another."
    wins = errors.idxmin(axis=1).value_counts()
    first = ", ".join(f"{name} on {count}" for name, count in wins.items())
    noun = "table" if tables == 1 else "tables"
    text = f"Of {systems} systems on {tables} {noun}, the lowest measured error has: {first}."
    alone = sum(_alone(complete[complete["label"] == label], errors.columns) for label in errors.T)
    return (
        f"{text} On {alone} of {tables} the 95% interval of the first lies below all others; "
        "elsewhere another draw of compounds may put another first."
    )


def _alone(table: pd.DataFrame, systems: pd.Index) -> bool:
    """Whether the interval of the best system lies below all other intervals."""
    rows = table[table["system"].isin(systems)].sort_values("mae")
    return bool(rows["high"].iloc[0] < rows["low"].iloc[1:].min())
