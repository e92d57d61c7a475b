"""Means over elements against a loop over compounds."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.table import encode_formulas
from fusionnas.errors import DataError
from fusionnas.insight.reading.contributions import contribution_differences, element_contributions
from fusionnas.insight.reading.reading import Reading

FORMULAS = ["NaCl", "KCl", "NaKCl2", "LiFePO4"]


def made(base: float = 2.0, scale: float = 1.0) -> Reading:
    """Each element of Z shifts by Z / n."""
    table = encode_formulas(FORMULAS)
    n = np.repeat(table.lengths, table.lengths)
    return Reading(table, base, scale * table.numbers / n, "eV")


def test_votes_of_single_elements_come_back() -> None:
    frame = element_contributions(made())
    assert frame["element"].tolist() == [
        SYMBOLS[z] for z in sorted(NUMBERS[e] for e in ["Li", "O", "Na", "P", "Cl", "K", "Fe"])
    ]
    by_name = frame.set_index("element")
    assert by_name["vote"].to_dict() == {e: float(NUMBERS[e]) for e in by_name.index}
    assert (by_name["vote_sd"] == 0).all()
    assert by_name["compounds"].to_dict() == {
        "Li": 1,
        "O": 1,
        "Na": 2,
        "P": 1,
        "Cl": 3,
        "K": 2,
        "Fe": 1,
    }
    # two compounds of two elements and one of three
    assert by_name.loc["Cl", "shift"] == pytest.approx(17 * (1 / 2 + 1 / 2 + 1 / 3) / 3)


def test_differences_are_between_values_of_the_property() -> None:
    ours, theirs = made(base=2.0, scale=3.0), made(base=5.0)
    frame = contribution_differences(ours, theirs).set_index("element")
    for element, row in frame.iterrows():
        z = NUMBERS[str(element)]
        assert row["difference"] == pytest.approx((2 + 3 * z) - (5 + z))
        assert row["vote"] - row["reference_vote"] == pytest.approx(row["difference"])


def test_other_compounds_are_refused() -> None:
    other = encode_formulas(["NaCl", "KCl"])
    with pytest.raises(DataError, match="same compounds"):
        contribution_differences(made(), Reading(other, 0.0, np.zeros(4), "eV"))
