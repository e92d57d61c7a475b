"""Dots and middle dots in formulas: adducts, decimals, and what could be either."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymatgen.core import Composition as Pymatgen

from fusionnas.data.composition import Composition, parse_formula
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.formulas.neutral import is_compound
from fusionnas.errors import FormulaError

SUGGESTED = re.compile(r"write '([^']+)' for ([a-z ]+?) \(")

OXIDES = ["Na2O", "BaO", "CuO", "MgO", "Al2O3", "Fe2O3", "SiO2", "TiO2", "P2O5", "WO3", "B2O3"]
SALTS = ["LiF", "CaF2", "NaCl", "AlCl3", "K2CO3", "CuSO4", "Ca(OH)2", "(NH4)2SO4", "K4Fe(CN)6"]
OTHERS = ["LiAlH4", "PbTe", "Bi2Te3", "ZnS", "GaAs", "AlN", "BaTiO3", "C2H5OH"]
SOLVENTS = ["H2O", "NH3", "CO2", "CH3OH", "C4H8O", "H2O2"]
COMPOUND = st.sampled_from(OXIDES + SALTS + OTHERS)
COUNT = st.integers(1, 24)


def amounts(composition: Composition) -> dict[str, float]:
    """Atomic fractions by symbol."""
    pairs = zip(composition.numbers, composition.fractions, strict=True)
    return {SYMBOLS[z]: fraction for z, fraction in pairs}


def same(composition: Composition, *parts: tuple[str, float]) -> bool:
    """Whether a composition is so much of each part, by pymatgen's arithmetic."""
    total = sum((Pymatgen(part) * count for part, count in parts), start=Pymatgen({}))
    wanted = total.fractional_composition.get_el_amt_dict()
    return amounts(composition) == pytest.approx(wanted, abs=1e-9)


def suggestions(text: str) -> dict[str, str]:
    """What the refusal of a text tells to write, by what it is for."""
    with pytest.raises(FormulaError) as refused:
        parse_formula(text)
    return {what: suggestion for suggestion, what in SUGGESTED.findall(str(refused.value))}


@given(COMPOUND, COUNT, st.one_of(COMPOUND, st.sampled_from(SOLVENTS)))
def test_a_dot_that_could_be_either_is_refused_with_both_readings(
    head: str, count: int, part: str
) -> None:
    """Each suggestion is read without a doubt, as what it was suggested for."""
    ways = suggestions(f"{head}.{count}{part}")
    assert ways.keys() == {"an adduct", "a decimal amount"}
    assert same(parse_formula(ways["an adduct"]), (head, 1), (part, count))
    decimal = parse_formula(ways["a decimal amount"])
    as_pymatgen = Pymatgen(f"{head}.{count}{part}").fractional_composition.get_el_amt_dict()
    assert amounts(decimal) == pytest.approx(as_pymatgen, abs=1e-9)


@given(COMPOUND, st.lists(st.tuples(COUNT, COMPOUND), min_size=2, max_size=3))
def test_several_parts_behind_dots(head: str, parts: list) -> None:
    ways = suggestions(head + "".join(f".{count}{part}" for count, part in parts))
    read = parse_formula(ways["an adduct"])
    assert same(read, (head, 1), *((part, count) for count, part in parts))


@given(st.lists(st.tuples(COUNT, COMPOUND), min_size=2, max_size=4), st.sampled_from("·•∙⋅*"))
def test_middle_dots_join_with_any_coefficients(parts: list, dot: str) -> None:
    """`3CaO·SiO2` is Ca3SiO5: the first part has a coefficient as the others have."""
    text = dot.join(f"{count if count > 1 else ''}{part}" for count, part in parts)
    assert same(parse_formula(text), *((part, count) for count, part in parts))
    assert same(parse_formula(f"({text})3"), *((part, count) for count, part in parts))


@given(COMPOUND, COMPOUND)
def test_a_dot_with_no_digit_behind_joins(head: str, part: str) -> None:
    assert same(parse_formula(f"{head}.{part}"), (head, 1), (part, 1))
    assert same(parse_formula(f"3{head}.{part}"), (head, 3), (part, 1))


@given(
    st.lists(
        st.sampled_from(["Pb", "Zr", "Ti", "Fe", "Co", "La", "Sr"]),
        min_size=2,
        max_size=4,
        unique=True,
    ),
    st.lists(st.integers(1, 99), min_size=4, max_size=4),
    st.sampled_from(["", "O3", "O4", "Se2"]),
)
def test_decimals_without_a_leading_zero_are_kept(
    metals: list[str], hundredths: list[int], anion: str
) -> None:
    """`PbZr.52Ti.48O3`: what stands before the dot is metal alone, so that nothing is joined."""
    parts = list(zip(metals, hundredths, strict=False))
    short = "".join(f"{metal}.{n:02d}" for metal, n in parts) + anion
    long = "".join(f"{metal}0.{n:02d}" for metal, n in parts) + anion
    assert parse_formula(short) == parse_formula(long)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("PbZr.52Ti.48O3", "PbZr0.52Ti0.48O3"),
        ("La2CuO4.05", "La40Cu20O81"),
        ("Fe.5Co.5", "FeCo"),
        ("La1.85Sr.15CuO4", "La1.85Sr0.15CuO4"),
        ("Li.5FeO2", "Li0.5FeO2"),
        ("H.3MoO3", "H0.3MoO3"),
        ("Bi2Te2.7Se.3", "Bi2Te2.7Se0.3"),
        # what follows the dot has too much oxygen to be a compound
        ("Na3.2Zr2Si2.2P0.8O12", "Na16Zr10Si11P4O60"),
        ("Ca9.5Na0.5(PO4)5.5(CO3)0.5(OH)2", "Ca19Na(PO4)11(CO3)(OH)4"),
        ("CeFe3.5Co.5Sb12", "Ce2Fe7CoSb24"),
        ("Fe(CuSO4·5H2O)2", "FeCu2S2O18H20"),
        ("CaSO4.H2O", "CaH2SO5"),
    ],
)
def test_what_is_read_without_doubt(text: str, plain: str) -> None:
    read, wanted = parse_formula(text), parse_formula(plain)
    assert read.numbers == wanted.numbers
    assert read.fractions == pytest.approx(wanted.fractions, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "adduct", "decimal"),
    [
        ("BaO.6Fe2O3", "BaO·6Fe2O3", "BaO0.6Fe2O3"),
        ("Al2O3.2SiO2", "Al2O3·2SiO2", "Al2(O3.2)SiO2"),
        ("CuO.5CuO", "CuO·5CuO", "CuO0.5CuO"),
        ("Na2O.2SiO2.3H2O", "Na2O·2SiO2·3H2O", "Na2O0.2Si(O2.3)H2O"),
        ("2CaO.3SiO2", "2CaO·3SiO2", "CaO0.3SiO2"),
        ("Na2O.Al2O3.2SiO2", "Na2O·Al2O3·2SiO2", "Na2O·Al2(O3.2)SiO2"),
        ("[Co(NH3)6.5H2O]Cl3", "[Co(NH3)6·5H2O]Cl3", "[Co((NH3)6.5)H2O]Cl3"),
        ("Mg.9Fe.1O.2SiO2", "Mg0.9Fe0.1O·2SiO2", "Mg0.9Fe0.1O0.2SiO2"),
        ("C60.2CHCl3", "C60·2CHCl3", "(C60.2)CHCl3"),
        ("CuSO4 . 5 H2O", "CuSO4·5H2O", "CuS(O4.5)H2O"),
        # middle dots between digits, where what they join are no two compounds
        ("Fe1·5NiO3", "Fe1(NiO3)5", "Fe1.5NiO3"),
        ("SrTiO2·5F", "SrTiO2(F)5", "SrTiO2.5F"),
    ],
)
def test_both_readings(text: str, adduct: str, decimal: str) -> None:
    ways = suggestions(text)
    assert ways == {"an adduct": adduct, "a decimal amount": decimal}
    assert parse_formula(adduct) != parse_formula(decimal)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("La2CuO4·05", "La2CuO4.05"),
        ("YBa2Cu3O6·5", "YBa2Cu3O6.5"),
        ("La1·85Sr0·15CuO4", "La1.85Sr0.15CuO4"),
        ("Li0·5FeO2", "Li0.5FeO2"),
    ],
)
def test_a_middle_dot_as_a_decimal_point_is_refused(text: str, decimal: str) -> None:
    assert suggestions(text) == {"a decimal amount": decimal}


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("KOH 2H2O", {"an adduct": "KOH·2H2O", "an amount": "KOH2H2O"}),
        ("BaO 6Fe2O3", {"an adduct": "BaO·6Fe2O3", "an amount": "BaO6Fe2O3"}),
        ("CuSO4 5H2O", {"an adduct": "CuSO4·5H2O"}),
    ],
)
def test_a_blank_before_a_number_may_be_a_lost_dot(text: str, ways: dict[str, str]) -> None:
    assert suggestions(text) == ways


@pytest.mark.parametrize(
    ("text", "adduct"),
    [
        ("LiOH 0.5H2O", "LiOH·0.5H2O"),
        ("LiI 0.5 H2O", "LiI·0.5H2O"),
        ("KF 1.5H2O", "KF·1.5H2O"),
        ("CaSO4 0.5H2O", "CaSO4·0.5H2O"),
    ],
)
def test_a_blank_before_a_decimal_and_a_solvent_is_a_lost_dot(text: str, adduct: str) -> None:
    assert suggestions(text) == {"an adduct": adduct}


def test_a_blank_before_a_decimal_amount_parts_symbols() -> None:
    assert parse_formula("Na 0.5 CoO2") == parse_formula("Na0.5CoO2")


def test_the_name_of_a_phase_may_be_boron() -> None:
    ways = {"the bronze phase": "TiO2", "boron": "TiO2B"}
    assert suggestions("TiO2(B)") == suggestions("TiO2 (B)") == ways


@pytest.mark.parametrize("text", ["[Fe)O2", "(Fe]2O3", "{Fe(OH]2}"])
def test_brackets_of_different_kinds_do_not_pair(text: str) -> None:
    with pytest.raises(FormulaError, match="closes a bracket of another kind"):
        parse_formula(text)


@pytest.mark.parametrize("text", ["Fe 2 O 3", "Fe2 O3", "Fe2\tO3", "Fe 2 O3"])
def test_other_blanks_part_symbols(text: str) -> None:
    assert parse_formula(text) == parse_formula("Fe2O3")


def test_what_is_a_compound_by_itself() -> None:
    assert all(is_compound(piece) for piece in OXIDES + SALTS + OTHERS)
    # metals alone, elements that share a site, too much oxygen for the metal, no charge to cancel
    for piece in ("La2", "PbZr", "Fe1", "SSe", "ClBr", "CuO4", "P0.8O12", "Fe76Si7", "F", "", ")"):
        assert not is_compound(piece)


PIECES = ["Fe", "O", "I", "H2O", "SiO2", "CuO", "La2", "(", ")", "2", "5", "0", ".", "·", " ", "-"]
MIXED = st.lists(st.sampled_from(PIECES), min_size=2, max_size=8).map("".join)
WITH_DECIMALS = st.lists(
    st.tuples(st.sampled_from(["F", "Li", "N", "O", "S", "(PO4)"]), st.integers(0, 3)).map(
        lambda pair: f"{pair[0]}{pair[1] or ''}.25"
    ),
    min_size=2,
    max_size=6,
).map("".join)


@example("F2.25Li1.25N1.25O4.25S2.25")
@given(st.one_of(MIXED, WITH_DECIMALS))
def test_every_suggestion_can_be_followed(text: str) -> None:
    """No advice leads to another refusal."""
    try:
        parse_formula(text)
    except FormulaError as e:
        for suggestion, _ in SUGGESTED.findall(str(e)):
            parse_formula(suggestion)
