"""From a formula's text to a composition.

pymatgen parses; a thin validator before and after it refuses what pymatgen would read as
something else than the writer meant, and says why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from fusionnas.data.elements import ELECTRONEGATIVITY, NUMBERS, SYMBOLS
from fusionnas.data.formulas.adducts import expand_adducts
from fusionnas.data.formulas.blanks import without_blanks
from fusionnas.data.formulas.characters import shown, with_plain_characters
from fusionnas.data.formulas.dots import readings, refuse, with_middle_dots
from fusionnas.data.formulas.formula_parser import parsed_amounts
from fusionnas.data.formulas.notation import looks_plain, refuse_notation
from fusionnas.errors import FormulaError

DECIMALS = 10  # of a fraction; smaller differences are noise of how a formula was written

_PLAIN = re.compile(r"(?:[A-Z][a-z]?(?:[1-9]\d{0,5})?)+", re.ASCII)
_PLAIN_PART = re.compile(r"([A-Z][a-z]?)(\d*)", re.ASCII)
_EXPONENT = re.compile(r"(?<=\d)E(?=[+-]?\d)")


@dataclass(frozen=True, slots=True)
class Composition:
    """Elements with atomic fractions, in element order.

    Element order is by falling fraction, then rising electronegativity (unknown last), then
    atomic number. The same composition, however it was written, is equal bit for bit.
    """

    numbers: tuple[int, ...]  # atomic numbers
    fractions: tuple[float, ...]  # sum to 1 within rounding

    @property
    def formula(self) -> str:
        """A reduced formula for people; whole numbers where small ones fit."""
        order = sorted(
            range(len(self.numbers)), key=lambda i: (ELECTRONEGATIVITY[self.numbers[i]], i)
        )
        amounts = _whole_amounts(self.fractions) or self.fractions
        parts = [
            SYMBOLS[self.numbers[i]] + ("" if amounts[i] == 1 else f"{amounts[i]:.6g}")
            for i in order
        ]
        return "".join(parts)


def parse_formula(text: str) -> Composition:
    """The composition that a formula means.

    Brackets, decimals, scientific notation, subscript digits and a middle dot between the parts of
    an adduct (`CuSO4·5H2O`, `3CaO·SiO2`) are understood. D and T are read as H, with a warning.

    Raises:
        FormulaError: not a formula, or one that can be read in two ways; the message quotes the
            text and says what to write instead.
    """
    return _composition(str(text), _meaning)


def composition_of(amounts: dict[int, float], text: str = "") -> Composition:
    """The composition of amounts by atomic number; `text` is quoted in the error."""
    total = math.fsum(amounts.values())
    fractions = {z: round(amount / total, DECIMALS) for z, amount in amounts.items()}
    if min(fractions.values()) <= 0:
        raise FormulaError(f"'{shown(text)}': an amount is too small beside the others.")
    order = sorted(fractions, key=lambda z: (-fractions[z], ELECTRONEGATIVITY[z], z))
    return Composition(tuple(order), tuple(fractions[z] for z in order))


def _composition(text: str, meaning: Callable[[str], str]) -> Composition:
    """What `parse_formula` gives; `meaning` tells what a suggestion of a message means."""
    amounts = _plain(text.strip())
    if amounts is None:
        quoted = shown(text)
        amounts = parsed_amounts(_normalised(text.strip(), quoted, meaning), quoted)
    return composition_of(amounts, text)


def _plain(cleaned: str) -> dict[int, float] | None:
    """Amounts of a formula of symbols and whole numbers alone, or None for any other text.

    Nine tenths of all formulas are of this kind, and nothing in them can be read otherwise; a
    test holds this to what pymatgen gives, which takes four times as long.
    """
    if not (_PLAIN.fullmatch(cleaned) and looks_plain(cleaned)):
        return None
    amounts: dict[int, float] = {}
    for symbol, count in _PLAIN_PART.findall(cleaned):
        z = NUMBERS.get(symbol)
        if z is None:
            return None
        amounts[z] = amounts.get(z, 0) + (int(count) if count else 1)
    return amounts


def _normalised(stripped: str, quoted: str, meaning: Callable[[str], str]) -> str:
    """A formula as pymatgen reads it rightly: ASCII, no blanks, brackets in place of dots."""
    text = _EXPONENT.sub("e", with_plain_characters(stripped))
    text = without_blanks(text, quoted, meaning)
    if not text:
        raise FormulaError("The formula is empty.")
    refuse_notation(text, quoted, meaning)
    text = with_middle_dots(text)
    if ways := readings(text):
        refuse(quoted, ways, meaning)
    text = expand_adducts(text, quoted)
    if text[0].isdigit() or text[0] == ".":
        raise FormulaError(
            f"'{quoted}': a formula does not start with a number; leave the coefficient out."
        )
    return text


def _meaning(suggestion: str) -> str:
    """The reduced formula of what a message suggests; FormulaError where it is not plain."""
    return _composition(suggestion, _undecided).formula


def _undecided(suggestion: str) -> str:
    """A suggestion that would need one itself is none."""
    raise FormulaError(f"'{suggestion}' can be read in several ways.")


def _whole_amounts(fractions: tuple[float, ...]) -> tuple[int, ...] | None:
    """The smallest whole numbers in these proportions, up to 200 atoms."""
    for atoms in range(len(fractions), 201):
        scaled = [x * atoms for x in fractions]
        if all(abs(s - round(s)) < 1e-6 and round(s) > 0 for s in scaled):
            return tuple(round(s) for s in scaled)
    return None
