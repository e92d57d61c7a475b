"""Known values: one for each row, whatever the table repeats."""

from __future__ import annotations

import math

from fusionnas.models.known_values import KnownValues


def test_a_repeated_row_is_known_once() -> None:
    """Validation and test parts that were given may repeat a composition."""
    keys = ["NaCl@300", "KCl@300", "NaCl@300", "LiF@300", "LiF@300"]
    found = KnownValues.of(
        keys,
        [1.0, 2.0, 3.0, 4.0, math.nan],
        ["train", "val", "test", "val", "val"],
        "table",
        {"T": ["a", "b", "c", "d", "e"]},
        ["NaCl", "KCl", "NaCl", "LiF", "LiF"],
    )
    assert found.values == {"NaCl@300": 3.0, "KCl@300": 2.0, "LiF@300": 4.0}
    assert list(found.parts) == list(found.values)
    assert found.cells["T"] == ["c", "b", "d"]
    assert list(found.formulas) == ["NaCl", "KCl", "LiF"]
