"""Groups and periods against pymatgen's."""

from __future__ import annotations

from pymatgen.core import Element

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.periodic_table import (
    ACTINIDES,
    LANTHANIDES,
    block_name,
    group,
    period,
    periodic_order,
)


def test_groups_and_periods_are_those_of_pymatgen() -> None:
    for z in range(1, 119):
        element = Element(SYMBOLS[z])
        if z in LANTHANIDES or z in ACTINIDES:
            assert element.is_lanthanoid or element.is_actinoid
            assert group(z) is None
        else:
            assert (group(z), period(z)) == (element.group, element.row)
    assert (period(57), period(71), period(89), period(103)) == (6, 6, 7, 7)


def test_periodic_order_goes_column_by_column() -> None:
    some = [NUMBERS[s] for s in ["O", "Cs", "La", "Li", "Ti", "U", "Cl", "Ca", "Sc", "S"]]
    order = [SYMBOLS[z] for z in periodic_order(some)]
    assert order == ["Li", "Cs", "Ca", "La", "U", "Sc", "Ti", "O", "S", "Cl"]
    blocks = "1 1 2 f f 3 4 16 16 17"
    assert " ".join(block_name(NUMBERS[s]) for s in order) == blocks
