"""pymatgen's parser, checked against the text, because it silently drops and adds elements."""

from __future__ import annotations

import math
import re
import warnings

from fusionnas.data.elements import NUMBERS
from fusionnas.errors import DataWarning, FormulaError

_SYMBOL = re.compile(r"[A-Z][a-z]?")
_ISOTOPES = {"D": "H", "T": "H"}


def parsed_amounts(cleaned: str, text: str) -> dict[int, float]:
    """Amounts by atomic number, checked against the symbols in the text.

    Args:
        cleaned: the formula in ASCII, without blanks and joining dots.
        text: the original formula, for errors.

    Raises:
        FormulaError: it is not a formula, or has a symbol or amount that pymatgen would drop.
    """
    from pymatgen.core import Composition as Parser

    try:
        found: dict[str, float] = {}
        for e, amount in Parser(cleaned).items():  # D and H are separate items with the symbol H
            found[e.symbol] = found.get(e.symbol, 0) + float(amount)
    except (ValueError, KeyError, ZeroDivisionError) as e:
        raise FormulaError(f"'{text}' is not a chemical formula.{_hint(cleaned)}") from e
    written = set(_SYMBOL.findall(cleaned))
    if not written:
        raise FormulaError(f"'{text}' is not a chemical formula.{_hint(cleaned)}")
    if isotopes := written & _ISOTOPES.keys():
        words = f"'{text}': {', '.join(sorted(isotopes))} is read as H."
        warnings.warn(words, DataWarning, stacklevel=3)
        written = {_ISOTOPES.get(symbol, symbol) for symbol in written}
    # pymatgen drops a symbol with the amount zero, even if it is not an element
    if unknown := sorted((found.keys() | written) - NUMBERS.keys()):
        raise FormulaError(f"'{text}': '{unknown[0]}' is not an element.{_hint(cleaned)}")
    if any(not amount > 0 or math.isinf(amount) for amount in found.values()):
        raise FormulaError(f"'{text}': every amount must be positive.")
    if lost := sorted((written & NUMBERS.keys()) - found.keys()):
        raise FormulaError(f"'{text}': the amount of {lost[0]} is zero or too small to count.")
    return {NUMBERS[symbol]: amount for symbol, amount in found.items()}


def _hint(cleaned: str) -> str:
    """The probable mistake: a joining dot, or symbols in only capital or only small letters."""
    if re.search(r"\.\s*([A-Z(\[]|\d*\.)", cleaned):
        return " If a dot joins two parts, write the middle dot '·'."
    letters = re.sub(r"[^A-Za-z]", "", cleaned)
    if len(letters) > 1 and (letters.isupper() or letters.islower()):
        return " Symbols are written like 'Fe': a capital, then a small letter."
    return ""
