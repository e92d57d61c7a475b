from __future__ import annotations

import numpy as np
import pytest

from fusionnas.data.composition import parse_formula
from fusionnas.data.elements import NUMBERS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError
from fusionnas.insight.sweeps import grid


def test_a_line_goes_evenly_from_one_element_to_the_other() -> None:
    rows = grid.compositions(("Si", "O"), 5)
    assert [c.formula for c in rows] == ["O", "SiO3", "SiO", "Si3O", "Si"]
    table = CompositionTable.of(rows)
    np.testing.assert_allclose(grid.fractions(table, ("Si", "O"))[:, 0], [0, 0.25, 0.5, 0.75, 1])


def test_a_triangle_holds_each_composition_once() -> None:
    elements, points = ("Li", "Al", "O"), 9
    table = CompositionTable.of(grid.compositions(elements, points))
    assert len(table) == points * (points + 1) // 2
    assert len(np.unique(table.keys())) == len(table)
    x = grid.fractions(table, elements)
    np.testing.assert_allclose(x.sum(axis=1), 1)
    assert np.bincount((x > 0).sum(axis=1)).tolist() == [0, 3, 3 * (points - 2), 21]


def test_compositions_are_those_of_formulas() -> None:
    assert grid.compositions(("Si", "O"), 4)[1] == parse_formula("SiO2")
    assert grid.compositions(("Na", "Cl"), 3)[1] == parse_formula("NaCl")


@pytest.mark.parametrize("elements", [("Si", "O"), ("O", "Si"), ("Li", "Al", "O")])
def test_flips_are_one_composition_in_two_orders(elements: tuple[str, ...]) -> None:
    found = grid.flips(elements, 13)
    assert found
    for flip in found:
        one, other = flip.first_leads, flip.second_leads
        assert dict(zip(one.numbers, one.fractions, strict=True)) == dict(
            zip(other.numbers, other.fractions, strict=True)
        )
        assert one.numbers != other.numbers
        assert list(one.fractions) == sorted(one.fractions, reverse=True)
        assert list(other.fractions) == sorted(other.fractions, reverse=True)
        leads = one.numbers.index(NUMBERS[flip.first]) < one.numbers.index(NUMBERS[flip.second])
        assert leads
        # one of the two is what the composition means anywhere else
        assert parse_formula(one.formula) in (one, other)


def test_rows_of_these_elements_alone() -> None:
    texts = ["SiO2", "Si", "Na2SiO3", "O2", "NaCl"]
    table = CompositionTable.of([parse_formula(text) for text in texts])
    assert grid.rows_of(table, ("Si", "O")).tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (["Si", "si"], "There is no element 'si'"),
        (["Si", "O", "Si"], "'Si' is given twice"),
        (["Si"], "two or three elements, but got 1"),
        ([], "but got 0"),
        (["Si", "O", "Li", "Al"], "but got 4"),
    ],
)
def test_elements_that_make_no_sweep(elements: list[str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        grid.check_elements(elements)


def test_points() -> None:
    assert grid.check_points(None, 2) == 101
    assert grid.check_points(11, 3) == 11
    for points, elements in ((2, 2), (3, 3), (100_000, 2)):
        with pytest.raises(OptionError, match="--points must be from"):
            grid.check_points(points, elements)
