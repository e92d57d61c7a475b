"""Which characters a formula is written with, and how any other one is named."""

from __future__ import annotations

import unicodedata

from fusionnas.errors import FormulaError

JOIN = "·"  # joins the parts of an adduct, CuSO4·5H2O
LONGEST = 80  # characters of a text that a message quotes
NUL_SHOWN = "␀"  # what stands for a NUL byte of a file, which would end a text

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_JOINS = str.maketrans(dict.fromkeys("•∙⋅*", JOIN))
_POINTS = ("DOT", "BULLET", "FULL STOP")  # in the Unicode names of what looks like a dot


def with_plain_characters(text: str) -> str:
    """A formula in ASCII and `JOIN`: subscripts as digits, every accepted middle dot as `JOIN`.

    Raises:
        FormulaError: any other character, by its code point: one that cannot be seen, or that only
            looks like a letter, a digit or a dot of a formula.
    """
    plain = text.translate(_SUBSCRIPTS).translate(_JOINS)
    for place, c in enumerate(plain):
        if c != JOIN and not (c.isascii() and (c.isprintable() or c in "\t\n")):
            where = f"after '{shown(plain[:place])}'" if place else "at its start"
            raise FormulaError(f"'{shown(text)}' holds {_name(c)} {where}; {_advice(c)}.")
    return plain


def shown(text: str) -> str:
    """A text as a message can quote it: cut where it is long, escaped where it cannot be seen."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def _name(c: str) -> str:
    if c in ("\0", NUL_SHOWN):
        return "a NUL byte (U+0000)"
    return f"U+{ord(c):04X} {unicodedata.name(c, 'CONTROL CHARACTER')}"


def _advice(c: str) -> str:
    """What to write instead."""
    name = unicodedata.name(c, "")
    same = unicodedata.normalize("NFKC", c)  # of a full-width letter or digit, the plain one
    if unicodedata.category(c)[0] in "CZ" or c == NUL_SHOWN:
        return "delete it"
    if any(word in name for word in _POINTS):
        return f"write '{JOIN}' (U+00B7) between the parts of an adduct, and '.' in a decimal"
    if "SUPERSCRIPT" not in name and same.isascii() and same.isalnum():
        return f"write '{same}'"
    if c.isalpha():
        return "write the Latin letter"
    return "write it with Latin letters, digits, brackets and dots alone"
