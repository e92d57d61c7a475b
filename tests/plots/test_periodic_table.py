"""The drawing of the periodic table: no overlaps, all values shown, the rest blank."""

from __future__ import annotations

from itertools import combinations

import pytest

from fusionnas.data.elements import SYMBOLS
from fusionnas.plots.periodic_table import cell, decimals_for, periodic_table
from fusionnas.plots.style import figure


def texts(values: dict[str, float], **how: object) -> list[str]:
    with figure(9, 4.8) as fig:
        ax = periodic_table(fig, values, "mean (eV)", **how)  # type: ignore[arg-type]
        fig.canvas.draw()
        return [text.get_text() for text in ax.texts]


def test_no_two_elements_share_a_cell() -> None:
    cells = {SYMBOLS[z]: cell(z) for z in range(1, 119)}
    for (_, (x, y)), (_, (u, v)) in combinations(cells.items(), 2):
        assert abs(x - u) >= 1 or abs(y - v) >= 1
    assert cells["H"] == (0, 0)
    assert cells["He"] == (17, 0)
    assert cells["Hf"] == (3, 5)


def test_every_value_is_written_and_others_are_blank() -> None:
    shown = texts({"O": -1.234, "Fe": 0.5, "Og": 2.0, "Xe": float("nan")}, diverging=True)
    for text in ("−1.23", "+0.50", "+2.00", "Og"):
        assert text in shown
    assert len([text for text in shown if text[0] in "+−"]) == 3
    assert "Ts" not in shown  # heavy elements without a value have no cell
    assert "Xe" in shown


def test_few_compounds_are_said_to_be_few() -> None:
    assert any("fewer than" in t for t in texts({"O": 1.0, "S": 2.0}, counts={"O": 50, "S": 3}))
    assert not any("fewer than" in t for t in texts({"O": 1.0}, counts={"O": 50}))


@pytest.mark.parametrize(
    ("values", "decimals"), [([312.2, 5], 0), ([9.5], 2), ([-0.031], 4), ([0.0], 0), ([], 0)]
)
def test_three_digits_of_the_largest(values: list[float], decimals: int) -> None:
    assert decimals_for(values) == decimals


def test_nothing_to_draw_and_equal_values_are_drawn() -> None:
    assert "O" in texts({})
    assert texts({"O": 1.0, "S": 1.0}).count("1.00") == 2
