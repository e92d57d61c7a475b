"""Adducts: compounds that a middle dot joins, as in `CuSO4·5H2O` and `3CaO·SiO2`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fusionnas.data.formulas.characters import JOIN
from fusionnas.errors import FormulaError

_COUNT = re.compile(r"\d+\.?\d*|\.\d+")

_OPEN, _CLOSE = "([{", ")]}"


def expand_adducts(text: str, quoted: str) -> str:
    """A formula with brackets instead of middle dots: `2CaO·SiO2` becomes `(CaO)2(SiO2)`.

    Raises:
        FormulaError: a compound is missing next to a dot; the message quotes the original formula.
    """
    while JOIN in text:
        place = text.index(JOIN)
        start, end = piece_around(text, place)
        count, head = counted(text[start:place])
        factor, part = counted(text[place + 1 : end])
        if not head or not part:
            raise FormulaError(f"'{quoted}': a compound is missing before or after the dot.")
        first = f"({head}){count}" if count else head
        text = f"{text[:start]}{first}({part}){factor}{text[end:]}"
    return text


def counted(piece: str) -> tuple[str, str]:
    """The number before a compound (empty if there is none) and the compound."""
    count = _COUNT.match(piece)
    return ("", piece) if count is None else (count[0], piece[count.end() :])


def piece_around(text: str, place: int, joined: str = JOIN) -> tuple[int, int]:
    """Begin and end of the piece around a position; brackets or joining dots limit it."""
    before = _reach(reversed(text[:place]), _CLOSE, _OPEN, joined)
    return place - before, place + 1 + _reach(text[place + 1 :], _OPEN, _CLOSE, joined)


def last_group(text: str) -> int:
    """The begin of the symbol or bracket at the end of a text."""
    if text[-1] in _CLOSE:
        return piece_around(text, len(text) - 1, joined="")[0] - 1
    return len(text) - (2 if text[-1].islower() else 1)


def _reach(characters: Iterable[str], deeper: str, out: str, joined: str) -> int:
    """The number of characters that belong to the same piece."""
    depth = reached = 0
    for c in characters:
        depth += (c in deeper) - (c in out)
        if depth < 0 or (depth == 0 and c == joined):
            break
        reached += 1
    return reached
