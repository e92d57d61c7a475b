"""Units in the names of quantities."""

from __future__ import annotations

import pytest

from fusionnas.data.units import unit_in, with_unit


@pytest.mark.parametrize(
    ("name", "unit", "told"),
    [
        ("MAE", "eV", "MAE (eV)"),
        ("MAE", "", "MAE"),
        ("bulk modulus (GPa)", "GPa", "bulk modulus (GPa)"),
        ("bulk modulus [GPa] ", "GPa", "bulk modulus [GPa] "),
        ("conductivity (W/(m K))", "W/(m K)", "conductivity (W/(m K))"),
        ("gap (PBE)", "eV", "gap (PBE) (eV)"),
    ],
)
def test_a_unit_is_told_once(name: str, unit: str, told: str) -> None:
    assert with_unit(name, unit) == told


def test_what_stands_in_brackets_at_the_end() -> None:
    assert unit_in("thermal conductivity (W/(m K))") == ""  # brackets in brackets are not read
    assert unit_in("volume (A^3/atom)") == "A^3/atom"
    assert unit_in("(old) volume") == ""
