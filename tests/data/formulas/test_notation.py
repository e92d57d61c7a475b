"""Characters and notations that a formula cannot hold, and how messages name them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionnas.data.composition import parse_formula
from fusionnas.errors import FormulaError

ACCEPTED = "₀₁₂₃₄₅₆₇₈₉·•∙⋅*"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Fe\u200bO", r"'Fe\\u200bO' contains U\+200B ZERO WIDTH SPACE after 'Fe'; delete it"),
        ("\ufeffFeO", r"U\+FEFF ZERO WIDTH NO-BREAK SPACE at its start; delete it"),
        ("Fe\u00a02O3", r"U\+00A0 NO-BREAK SPACE after 'Fe'; delete it"),
        ("Fe\u041e", r"U\+041E CYRILLIC CAPITAL LETTER O after 'Fe'; write the Latin letter"),
        ("CuSO4\u30fb5H2O", r"U\+30FB KATAKANA MIDDLE DOT after 'CuSO4'; write '·' \(U\+00B7\)"),
        ("Fe\uff12O3", r"U\+FF12 FULLWIDTH DIGIT TWO after 'Fe'; write '2'"),
        ("Fe\u0663O", r"U\+0663 ARABIC-INDIC DIGIT THREE"),
        ("Fe\u00b3\u207aO", r"U\+00B3 SUPERSCRIPT THREE after 'Fe'; use only"),
        ("Al\x001Fe2Cl3", r"Fe2Cl3' contains a NUL byte \(U\+0000\) after 'Al'; delete it"),
        ("Al\u24001Fe2Cl3", r"contains a NUL byte \(U\+0000\) after 'Al'"),
        ("Fe\x1b[31mO", r"'Fe\\x1b\[31mO' contains U\+001B CONTROL CHARACTER"),
    ],
)
def test_other_characters_are_named_by_their_code_point(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        parse_formula(text)


@given(
    st.sampled_from(["TiO2", "Ca3(PO4)2", "CuSO4·5H2O", "Li0.5FeO2"]),
    st.characters(exclude_categories=("Cs",)),
    st.integers(1, 10),
)
def test_no_other_character_is_read(formula: str, c: str, place: int) -> None:
    """pymatgen takes digits of any script, which mean nothing to who looks at a table."""
    if (c.isascii() and c.isprintable()) or c in ACCEPTED or c in "\t\n":
        return
    place %= len(formula)
    text = formula[: place + 1] + c + formula[place + 1 :]
    if text.strip() == formula:  # blanks at its end are no part of it
        return
    named = "a NUL byte" if c == "␀" or not ord(c) else f"U+{ord(c):04X} {unicodedata.name(c, '')}"
    with pytest.raises(FormulaError, match=re.escape(named)):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Cu(I)Cl", "two ways: write 'CuCl' for an oxidation state .* or write 'CuICl' for an ele"),
        ("V(V)2O5", "two ways: write 'V2O5' for an oxidation state .* or write 'VV2O5' for an el"),
        ("Fe2(III)O3", r"oxidation states such as \(III\)"),
        ("Fe(II)O", r"oxidation states such as \(II\)"),
        ("Fe(II)Fe(V)O4", r"oxidation states such as \(II\)"),
        ("FeIII2O3", "oxidation states are not understood"),
        ("LiAlH4.THF", "THF is a short name; write its formula, C4H8O"),
        ("BH3·THF", "THF is a short name"),
        ("NaOAc", "OAc is a short name; write its formula, C2H3O2"),
        ("Cu(OAc)2·H2O", "OAc is a short name"),
        ("Ti(OPr)4", "OPr is a short name; write its formula, C3H7O"),
        ("Ti-6Al-4V", "in weight percent, not a formula; write amounts of atoms, 'Ti86.2Al10.2V"),
        ("Fe-18Cr-8Ni", "in weight percent"),
        ("Al-.5Cu", "in weight percent"),
        ("Fe-O", "negative or open amounts are not understood.$"),
        ("Fe-1O", "negative or open amounts are not understood.$"),
        ("LaFeO3-d", "negative or open amounts are not understood.$"),
        ("0.9PbTiO3-0.1BiFeO3", "write '0.9PbTiO3·0.1BiFeO3' "),
        ("2CaO+SiO2", r"write '2CaO·SiO2' \(Ca2SiO4\)"),
        ("Li0,5FeO2", "',' is not part of a formula; a decimal is written with a point"),
        ("Fe" + "@" * 200, "@@...': '@' is not"),
    ],
)
def test_notations_that_are_no_formulas(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [("BrIIn2", "In2BrI"), ("InI", "IIn"), ("IrI3", "I3Ir"), ("CoOPr", "PrCoO"), ("AcOF", "FOAc1")],
)
def test_what_only_looks_like_one(text: str, same: str) -> None:
    assert parse_formula(text) == parse_formula(same)


def test_an_alloy_in_atoms_weighs_what_its_name_says() -> None:
    from pymatgen.core import Composition

    with pytest.raises(FormulaError) as refused:
        parse_formula("Ti-6Al-4V")
    atoms = Composition(re.findall(r"'(Ti[^-']*)'", str(refused.value))[0])
    weights = [100 * atoms.get_wt_fraction(symbol) for symbol in ("Ti", "Al", "V")]
    assert weights == pytest.approx([90, 6, 4], abs=0.02)
