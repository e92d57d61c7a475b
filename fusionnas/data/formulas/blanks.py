"""Blanks in formulas: most only separate symbols, but one before a number may be a lost dot."""

from __future__ import annotations

import re
from collections.abc import Callable

from fusionnas.data.formulas.characters import JOIN
from fusionnas.data.formulas.dots import ADDUCT, readings, refuse
from fusionnas.data.formulas.neutral import is_compound, is_solvent
from fusionnas.errors import FormulaError

_BEFORE_PART = re.compile(r"(?<=[A-Za-z0-9)\]}])\s+(?=[1-9]\d*\s*[A-Z(\[{])")
_BEFORE_DECIMAL = re.compile(r"(?<=[A-Za-z0-9)\]}])\s+(\d*\.\d+)\s*(?=[A-Z(\[{])")
_BETWEEN_DIGITS = re.compile(r"\d\s+\d")


def without_blanks(text: str, quoted: str, formula: Callable[[str], str]) -> str:
    """A formula without its blanks; `Fe2 O3` and `Fe 2 O 3` are Fe2O3.

    Args:
        text: the formula in plain characters.
        quoted: the original formula, for errors.
        formula: gives the meaning of a suggestion, see `refuse`.

    Raises:
        FormulaError: there is a blank between two digits, or before a number that may count a
            compound, as in `KOH 2H2O` or `LiOH 0.5H2O`.
    """
    joined = "".join(text.split())
    if joined == text:
        return text
    for m in _BEFORE_DECIMAL.finditer(text):
        head, behind = ("".join(one.split()) for one in (text[: m.start()], text[m.end() :]))
        if is_solvent(behind) or (is_compound(head) and is_compound(behind)):
            refuse(quoted, {ADDUCT: f"{head}{JOIN}{m[1]}{behind}"}, formula)
    if _BETWEEN_DIGITS.search(_BEFORE_PART.sub("·", text)):
        raise FormulaError(f"'{quoted}': there is a blank between two digits; delete it.")
    dotted = "".join(_BEFORE_PART.sub(".", text).split())
    if _BETWEEN_DIGITS.search(text):  # without the blank, the two numbers would become one
        adduct = "".join(_BEFORE_PART.sub("·", text).split())
        refuse(quoted, {ADDUCT: adduct}, formula)
    if dotted != joined and (adduct := readings(dotted).get(ADDUCT, "")):
        refuse(quoted, {ADDUCT: adduct, "an amount": joined}, formula)
    return joined
