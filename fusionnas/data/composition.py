"""From the text of a formula to a composition.

pymatgen parses. Checks before and after it refuse what pymatgen would read differently than the
writer meant, and say why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fusionnas.data.elements import ELECTRONEGATIVITY, NUMBERS, SYMBOLS
from fusionnas.data.formulas.adducts import expand_adducts
from fusionnas.data.formulas.blanks import without_blanks
from fusionnas.data.formulas.characters import shown, with_plain_characters
from fusionnas.data.formulas.dots import readings, refuse, with_middle_dots
from fusionnas.data.formulas.formula_parser import parsed_amounts
from fusionnas.data.formulas.notation import looks_plain, refuse_notation
from fusionnas.errors import FormulaError

DECIMALS = 10  # of a fraction; smaller differences come from the notation of a formula

_PLAIN = re.compile(r"(?:[A-Z][a-z]?(?:[1-9]\d{0,5})?)+", re.ASCII)
_PLAIN_PART = re.compile(r"([A-Z][a-z]?)(\d*)", re.ASCII)
_EXPONENT = re.compile(r"(?<=\d)E(?=[+-]?\d)")


@dataclass(frozen=True, slots=True)
class Composition:
    """Elements with atomic fractions, in element order.

    Element order is by falling fraction, then rising electronegativity (unknown last), then
    atomic number. The same composition has the same bits, however its formula is written.
    """

    numbers: tuple[int, ...]  # atomic numbers
    fractions: tuple[float, ...]  # sum to 1 within rounding

    @property
    def formula(self) -> str:
        """A reduced formula for people, with whole numbers if small ones fit."""
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
    """The composition of a formula.

    Brackets, decimals, scientific notation, subscript digits and a middle dot between the parts of
    an adduct (`CuSO4·5H2O`, `3CaO·SiO2`) are understood. D and T are read as H, with a warning.

    Raises:
        FormulaError: the text is not a formula, or can be read in two ways; the message quotes it
            and says what to write instead.
    """
    return _composition(str(text), _meaning)


def composition_of(amounts: dict[int, float], text: str = "") -> Composition:
    """The composition of amounts by atomic number; the error quotes `text`."""
    total = math.fsum(amounts.values())
    fractions = {z: round(amount / total, DECIMALS) for z, amount in amounts.items()}
    if min(fractions.values()) <= 0:
        raise FormulaError(f"'{shown(text)}': an amount is too small compared with the others.")
    order = sorted(fractions, key=lambda z: (-fractions[z], ELECTRONEGATIVITY[z], z))
    return Composition(tuple(order), tuple(fractions[z] for z in order))


def _composition(text: str, meaning: Callable[[str], str]) -> Composition:
    """The result of `parse_formula`; `meaning` gives the meaning of a suggested formula."""
    amounts = _plain(text.strip())
    if amounts is None:
        quoted = shown(text)
        amounts = parsed_amounts(_normalised(text.strip(), quoted, meaning), quoted)
    return composition_of(amounts, text)


def _plain(cleaned: str) -> dict[int, float] | None:
    """Amounts of a formula of only symbols and whole numbers, or None for any other text.

    Nine tenths of all formulas are of this kind, and they have only one reading. A test compares
    the result with that of pymatgen, which takes four times as long.
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
    """A formula that pymatgen reads correctly: ASCII, no blanks, brackets instead of dots."""
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
    """The reduced formula of a suggestion in a message; FormulaError if it is ambiguous."""
    return _composition(suggestion, _undecided).formula


def _undecided(suggestion: str) -> str:
    """Refuse a suggestion that would need a suggestion itself."""
    raise FormulaError(f"'{suggestion}' can be read in several ways.")


def _whole_amounts(fractions: tuple[float, ...]) -> tuple[int, ...] | None:
    """The smallest whole numbers in these proportions, up to 200 atoms."""
    scaled = np.arange(len(fractions), 201)[:, None] * np.array(fractions)
    whole = np.rint(scaled)
    fits = np.flatnonzero(((np.abs(scaled - whole) < 1e-6) & (whole > 0)).all(axis=1))
    return tuple(whole[fits[0]].astype(int).tolist()) if len(fits) else None
