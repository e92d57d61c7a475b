"""The characters of a formula, and the names of all others."""

from __future__ import annotations

import unicodedata

from fusionnas.errors import FormulaError

JOIN = "·"  # joins the parts of an adduct, CuSO4·5H2O
LONGEST = 80  # the largest number of characters that a message quotes
NUL_SHOWN = "␀"  # replaces a NUL byte of a file, which would end a text

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_JOINS = str.maketrans(dict.fromkeys("•∙⋅*", JOIN))
_POINTS = ("DOT", "BULLET", "FULL STOP")  # parts of the Unicode names of dot-like characters


def with_plain_characters(text: str) -> str:
    """A formula in ASCII and `JOIN`: subscripts become digits, all accepted middle dots `JOIN`.

    Raises:
        FormulaError: there is another character, for example an invisible one, or one that only
            looks like a letter, a digit or a dot; the message gives its code point.
    """
    plain = text.translate(_SUBSCRIPTS).translate(_JOINS)
    for place, c in enumerate(plain):
        if c != JOIN and not (c.isascii() and (c.isprintable() or c in "\t\n")):
            where = f"after '{shown(plain[:place])}'" if place else "at its start"
            raise FormulaError(f"'{shown(text)}' contains {_name(c)} {where}; {_advice(c)}.")
    return plain


def shown(text: str) -> str:
    """A text for a message: long texts are cut, invisible characters are escaped."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def _name(c: str) -> str:
    if c in ("\0", NUL_SHOWN):
        return "a NUL byte (U+0000)"
    return f"U+{ord(c):04X} {unicodedata.name(c, 'CONTROL CHARACTER')}"


def _advice(c: str) -> str:
    """The advice what to write instead."""
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
    return "use only Latin letters, digits, brackets and dots"
