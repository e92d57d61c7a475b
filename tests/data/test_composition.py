from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fusionnas.data.composition import parse_formula
from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.formulas.notation import looks_plain
from fusionnas.errors import FormulaError

SYMBOL = st.sampled_from(SYMBOLS[1:104])
AMOUNTS = st.dictionaries(SYMBOL, st.integers(1, 40), min_size=1, max_size=8)


@pytest.mark.parametrize(
    "texts",
    [
        ("TiO2", "O2Ti", "Ti2O4", "Ti0.5O", "Ti1O2", "TiO₂", " TiO2 ", "(TiO2)3", "[Ti]O2"),
        ("CuSO4(H2O)5", "CuSO4·5H2O", "CuSO4*5H2O", "CuSO4 · 5 H2O".replace(" ", ""), "CuH10SO9"),
        ("Fe2(SO4)3", "Fe2S3O12"),
        ("Li1e-6Fe", "Li1E-6Fe", "Li0.000001Fe"),
        ("Na3N", "NNa3"),
        ("(Fe0.5Ni0.5)2O3", "FeNiO3"),
        ("Ca3[Fe(CN)6]2", "Ca3Fe2C12N12"),
        ("H2O·2NaCl", "H2ONa2Cl2"),
    ],
)
def test_same_composition_is_equal_bit_for_bit(texts: tuple[str, ...]) -> None:
    assert len({parse_formula(text) for text in texts}) == 1


def test_element_order() -> None:
    """Falling fraction, then rising electronegativity, unknown last, then atomic number."""
    assert [SYMBOLS[z] for z in parse_formula("TiSrO3").numbers] == ["O", "Sr", "Ti"]
    assert [SYMBOLS[z] for z in parse_formula("HeNeO").numbers] == ["O", "He", "Ne"]
    # H, Os and Ir have 2.20 and go by atomic number, Rh has 2.28
    assert parse_formula("IrRhHOs").numbers == (1, 76, 77, 45)


def test_nan_is_sodium_nitride() -> None:
    assert {SYMBOLS[z] for z in parse_formula("NaN").numbers} == {"Na", "N"}


@given(AMOUNTS, st.randoms(use_true_random=False), st.integers(1, 6))
def test_order_and_multiples_do_not_matter(amounts: dict, random, factor: int) -> None:
    straight = "".join(f"{s}{a}" for s, a in amounts.items())
    items = list(amounts.items())
    random.shuffle(items)
    again = "".join(f"{s}{a * factor}" for s, a in items)
    assert parse_formula(straight) == parse_formula(again)


@given(st.lists(st.tuples(SYMBOL, st.one_of(st.just(""), st.integers(1, 999))), min_size=1))
def test_the_quick_way_agrees_with_pymatgen(parts: list) -> None:
    from pymatgen.core import Composition as Pymatgen

    text = "".join(f"{symbol}{count}" for symbol, count in parts)
    assume(looks_plain(text))  # OAc is acetate
    theirs = Pymatgen(text).get_el_amt_dict()
    total = math.fsum(theirs.values())
    ours = parse_formula(text)
    assert {SYMBOLS[z] for z in ours.numbers} == set(theirs)
    for z, fraction in zip(ours.numbers, ours.fractions, strict=True):
        assert fraction == pytest.approx(theirs[SYMBOLS[z]] / total, abs=1e-10)


@given(AMOUNTS)
def test_fractions_sum_to_one_and_fall(amounts: dict) -> None:
    composition = parse_formula("".join(f"{s}{a}" for s, a in amounts.items()))
    assert sum(composition.fractions) == pytest.approx(1, abs=1e-9)
    assert list(composition.fractions) == sorted(composition.fractions, reverse=True)
    assert set(composition.numbers) == {NUMBERS[s] for s in amounts}


@given(AMOUNTS)
def test_reduced_formula_means_the_same(amounts: dict) -> None:
    composition = parse_formula("".join(f"{s}{a}" for s, a in amounts.items()))
    again = parse_formula(composition.formula)
    assert again.numbers == composition.numbers or again.fractions == pytest.approx(
        composition.fractions, abs=1e-5
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CuSO4.5H2O", r"two ways: write 'CuSO4·5H2O' .* or write 'CuS\(O4\.5\)H2O'"),
        ("Na2CO3.10H2O", "two ways"),
        ("KOH.2H2O", "two ways: write 'KOH·2H2O'"),
        ("CuSO4.5 H2O", "two ways: write 'CuSO4·5H2O'"),
        ("CuSO4.5H2O.2NH3", "two ways: write 'CuSO4·5H2O·2NH3'"),
        ("CuSO4.5H2O·2NH3", "two ways"),
        ("NaOH.2H2O", "two ways: write 'NaOH·2H2O' .* or write 'NaOH0.2H2O'"),
        ("MgCl2.6(H2O)", r"two ways: write 'MgCl2·6\(H2O\)'"),
        ("CaSO4.0.5H2O", "not a chemical formula. If a dot joins two parts"),
        ("FE2O3", "'E' is not an element. Symbols are written like 'Fe'"),
        ("NA", "'A' is not an element"),
        ("NULL", "not an element"),
        ("X2O", "'X' is not an element"),
        ("fe2o3", "not a chemical formula. Symbols are written like"),
        ("Fe@O", "'@' is not part of a formula"),
        ("Li1e-9Fe1", "amount of Li is zero or too small"),
        ("Li0O", "amount of Li is zero or too small"),
        ("E0", "'E' is not an element"),
        ("FeE0", "'E' is not an element"),
        ("Fe-1O", "charges and negative"),
        ("Fe+3", "charges and negative"),
        ("LaFeO3-d", "charges and negative or open"),
        ("2H2O", "does not start with a number"),
        ("", "empty"),
        ("   ", "empty"),
        ("Fe,O", "',' is not part of a formula; a decimal is written with a point"),
        ("Fe_2O_3", "'_' is not part of a formula"),
        ("Fe(III)2O3", r"oxidation states such as \(III\)"),
        ("·5H2O", "a compound is missing before or after the dot"),
        ("Fe2O3(s)", "not a chemical formula"),
        ("Xx", "not an element"),
        ("Fe1e-11O", "too small"),
        ("((Fe)", "not a chemical formula"),
        ("{ ]", "not a chemical formula"),
    ],
)
def test_what_is_refused_and_why(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        parse_formula(text)


@given(st.text(alphabet="FeOLi0123.()[]·*-+eE@ ", max_size=14))
def test_any_text_gives_a_composition_or_one_error(text: str) -> None:
    try:
        composition = parse_formula(text)
    except FormulaError:
        return
    assert min(composition.fractions) > 0


@pytest.mark.parametrize(("text", "same"), [("D2O", "H2O"), ("T2O", "H2O"), ("DHO", "H2O")])
def test_isotopes_are_hydrogen_with_a_warning(text: str, same: str) -> None:
    with pytest.warns(UserWarning, match="read as H"):
        assert parse_formula(text) == parse_formula(same)


def test_ordinary_decimals_are_no_hydrates() -> None:
    for text in ("Li0.5FeO2", "Fe1.5Ni0.5O3", "Li0.5H2O", "CaSO4.H2O"):
        parse_formula(text)
