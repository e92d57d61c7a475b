"""Blanks in formulas: most part symbols, but one before a number may stand where a dot was lost."""

from __future__ import annotations

import re
from collections.abc import Callable

from fusionnas.data.formulas.dots import ADDUCT, readings, refuse
from fusionnas.errors import FormulaError

_BEFORE_PART = re.compile(r"(?<=[A-Za-z0-9)\]}])\s+(?=[1-9]\d*\s*[A-Z(\[{])")
_BETWEEN_DIGITS = re.compile(r"\d\s+\d")


def without_blanks(text: str, quoted: str, formula: Callable[[str], str]) -> str:
    """A formula without its blanks; `Fe2 O3` and `Fe 2 O 3` are Fe2O3.

    Args:
        text: in plain characters.
        quoted: the formula as it was given, for the error.
        formula: what a suggestion means, see `refuse`.

    Raises:
        FormulaError: a blank before a number that may count a compound, as in `KOH 2H2O`, or
            between two digits.
    """
    joined = "".join(text.split())
    if joined == text:
        return text
    if _BETWEEN_DIGITS.search(_BEFORE_PART.sub("·", text)):
        raise FormulaError(f"'{quoted}': a blank stands between two digits.")
    dotted = "".join(_BEFORE_PART.sub(".", text).split())
    if _BETWEEN_DIGITS.search(text):  # closed up, the two numbers would be one
        adduct = "".join(_BEFORE_PART.sub("·", text).split())
        refuse(quoted, {ADDUCT: adduct}, formula)
    if dotted != joined and (adduct := readings(dotted).get(ADDUCT, "")):
        refuse(quoted, {ADDUCT: adduct, "an amount": joined}, formula)
    return joined
