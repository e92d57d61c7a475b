"""A change beyond the interval that was committed is seen; what stays within it is not."""

from __future__ import annotations

import pandas as pd

from benchmarks.nightly import COLUMNS, changes


def figures(*maes: float) -> pd.DataFrame:
    rows = [
        ("small", f"table-{place}", "lstm", mae, 0.9 * mae, 1.1 * mae, 3, 1.0, "eV")
        for place, mae in enumerate(maes)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_changes_beyond_the_interval_are_found_in_both_directions() -> None:
    changed = changes(figures(1.0, 1.0, 1.0), figures(1.05, 1.2, 0.8))
    assert changed["table"].tolist() == ["table-1", "table-2"]
    assert changed["error_after"].tolist() == [1.2, 0.8]


def test_what_is_not_in_both_is_passed_over() -> None:
    assert changes(figures(1.0), figures(1.0, 5.0)).empty
