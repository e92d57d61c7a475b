"""The result of a benchmark in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.benchmarking.summary import error_matrix, main_lines

if TYPE_CHECKING:
    import pandas as pd


def answer(summary: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """How often each system has the lowest error, and on how many tables chance explains that.

    summary: summary from `summarise`.
    pairs: table from `firsts_and_seconds`.
    """
    errors = error_matrix(main_lines(summary))
    if errors.empty:
        return "No table has a complete result yet."
    tables, systems = errors.shape
    if systems == 1:
        return f"One system, {errors.columns[0]}, has results; a comparison needs another."
    wins = errors.idxmin(axis=1).value_counts()
    first = ", ".join(f"{name} on {count}" for name, count in wins.items())
    noun = "table" if tables == 1 else "tables"
    text = f"Of {systems} systems on {tables} {noun}, the lowest measured error has: {first}."
    if pairs.empty:
        return text
    return (
        f"{text} On {int(pairs['apart'].sum())} of {len(pairs)} the first is ahead of the second "
        "by more than another draw of test compounds explains (paired bootstrap, 95%)."
    )
