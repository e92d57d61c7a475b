"""Notation in formulas of papers and tables that would be read with another meaning."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from fusionnas.data.formulas.adducts import counted
from fusionnas.data.formulas.alloys import in_atoms
from fusionnas.data.formulas.characters import JOIN
from fusionnas.data.formulas.dots import refuse
from fusionnas.data.formulas.neutral import has_parts
from fusionnas.errors import FormulaError

_FOREIGN = re.compile(rf"[^A-Za-z0-9.()\[\]{{}}+\-{JOIN}]")
# after a symbol, an amount or a bracket
_OXIDATION_STATE = re.compile(r"(?<=[A-Za-z0-9)\]}])\((?:VIII|VII|VI|IV|III|II|I|V)\)")
_IODINE_OR_VANADIUM = re.compile(r"\((I|V)\)")
_BRONZE = re.compile(r"O(\d*)\(B\)$")  # the name of a phase, as in TiO2(B)
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}
_DOUBLE_IODINE = re.compile(r"II+(?![nr])")  # as in FeIII2O3, not as in BrIIn2
# short names that can also be read as symbols of elements, and their formulas
_SHORT = re.compile(r"THF(?![a-z])|OAc(?![a-z\d])|(?<=\()OPr(?=\))")
_MEANT = {"THF": "C4H8O", "OAc": "C2H3O2", "OPr": "C3H7O"}
_SIGN = re.compile(r"(?<!\de)[+-]")  # not the sign of an exponent
_JOINING_SIGN = re.compile(r"(?<=[A-Za-z0-9)\]}])[+-](?=\d*\.?\d*[A-Z(\[{])")


def looks_plain(text: str) -> bool:
    """Whether a text of symbols and whole numbers has no notation that is refused here."""
    return not (_DOUBLE_IODINE.search(text) or _SHORT.search(text))


def refuse_notation(text: str, quoted: str, formula: Callable[[str], str]) -> None:
    """Raise FormulaError for notation that pymatgen would silently read with a wrong meaning.

    Args:
        text: the formula in plain characters, without blanks.
        quoted: the original formula, for errors.
        formula: gives the meaning of a suggestion, see `refuse`.
    """
    if foreign := _FOREIGN.search(text):
        advice = "; a decimal is written with a point" if foreign[0] == "," else ""
        raise FormulaError(f"'{quoted}': '{foreign[0]}' is not part of a formula{advice}.")
    if _SIGN.search(text):
        _refuse_sign(text, quoted, formula)
    if short := _SHORT.search(text):
        raise FormulaError(
            f"'{quoted}': {short[0]} is a short name; write its formula, {_MEANT[short[0]]}."
        )
    if state := _OXIDATION_STATE.search(text):
        without, elements = _OXIDATION_STATE.sub("", text), _IODINE_OR_VANADIUM.sub(r"\1", text)
        if _OXIDATION_STATE.search(elements):  # II and more cannot be elements
            raise FormulaError(
                f"'{quoted}': oxidation states such as {state[0]} are not understood; leave them "
                "out."
            )
        refuse(quoted, {"an oxidation state": without, "an element": elements}, formula)
    if bronze := _BRONZE.search(text):
        phase = text[: bronze.end(1)]
        refuse(quoted, {"the bronze phase": phase, "boron": f"{phase}B"}, formula)
    if any(map(str.isalpha, text)):
        _check_brackets(text, quoted)
    if _DOUBLE_IODINE.search(text):
        raise FormulaError(
            f"'{quoted}': oxidation states are not understood; leave them out, or write the "
            "amount of iodine as a number."
        )


def _check_brackets(text: str, quoted: str) -> None:
    """Raise FormulaError if a bracket is closed by one of another kind."""
    opened: list[str] = []
    for letter in text:
        if letter in _CLOSED_BY:
            opened.append(letter)
        elif letter in _CLOSED_BY.values() and opened and _CLOSED_BY[opened.pop()] != letter:
            raise FormulaError(f"'{quoted}': '{letter}' closes a bracket of another kind.")


def _refuse_sign(text: str, quoted: str, formula: Callable[[str], str]) -> None:
    """Raise for an alloy, for compounds joined by a sign, or for a charge."""
    if (alloy := in_atoms(text)) is not None:
        raise FormulaError(
            f"'{quoted}' is the name of an alloy in weight percent, not a formula; write amounts "
            f"of atoms, '{alloy}'."
        )
    joined, means = _JOINING_SIGN.sub(JOIN, text), ""
    compounds = any(has_parts(counted(piece)[1]) for piece in joined.split(JOIN))
    if compounds and not _SIGN.search(joined):
        with suppress(FormulaError):
            means = f"; if the sign joins two compounds, write '{joined}' ({formula(joined)})"
    raise FormulaError(
        f"'{quoted}': charges and negative or open amounts are not understood{means}."
    )
