"""Dots that join two compounds, and dots that are decimal points.

Many tables write `CuSO4.5H2O` for CuSO4 with five H2O, but pymatgen reads CuSO4.5 and H2O. If both
readings are possible chemistry, the formula is refused, and the message gives both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from fusionnas.data.formulas.adducts import counted, last_group, piece_around
from fusionnas.data.formulas.characters import JOIN
from fusionnas.data.formulas.neutral import has_parts, is_compound, is_solvent
from fusionnas.errors import FormulaError

_JOINING = re.compile(r"\.(?=[A-Z(\[{])")  # no digit follows, so it is not a decimal point
# after a symbol or a bracket, with or without a whole number: a dot, a whole number, a new part
_EITHER = re.compile(r"(?<=[A-Za-z)\]}])(0*[1-9]\d*)?\.([1-9]\d*)(?=[A-Z(\[{])")
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){JOIN}(?=\d)")
_DECIMALS_ALONE = re.compile(r"0\d")  # 05 cannot be a number of compounds
_NOTHING = re.compile(r"[A-Za-z)\]}]0+$")  # an amount of 0, unless decimals follow

ADDUCT, DECIMAL = "an adduct", "a decimal amount"
Edit = tuple[int, int, str]  # from, to, and the replacement


def with_middle_dots(text: str) -> str:
    """A formula with middle dots instead of dots that cannot be decimal points."""
    return _JOINING.sub(JOIN, text)


def readings(text: str) -> dict[str, str]:
    """The two readings of an ambiguous formula: how to write each, by its kind.

    Empty if there is only one reading.
    """
    return _of_points(text) or _of_middle_dots(text)


def refuse(quoted: str, readings: Mapping[str, str], formula: Callable[[str], str]) -> None:
    """Raise FormulaError with the readings and their meanings.

    Args:
        quoted: the original formula.
        readings: the result of the function `readings`.
        formula: gives the reduced formula of a text, or raises FormulaError. A reading that raises
            is left out; if none is left, its error is raised.
    """
    meant: dict[str, str] = {}
    problem = ""
    for what, suggestion in readings.items():
        try:
            meant[f"write '{suggestion}' for {what}"] = formula(suggestion)
        except FormulaError as e:
            problem = str(e).replace(f"'{suggestion}'", f"'{quoted}'", 1)
    if not meant:
        raise FormulaError(problem)
    ways = " can be read in two ways" if len(meant) > 1 else ""
    both = ", or ".join(f"{advice} ({means})" for advice, means in meant.items())
    raise FormulaError(f"'{quoted}'{ways}: {both}.")


def _of_points(text: str) -> dict[str, str]:
    dots = list(_EITHER.finditer(text))
    doubtful = [m for m in dots if _could_join(text, m, dots)]
    if not doubtful:
        return {}
    decimals = {m.start(2): list(_as_decimal(text, m)) for m in dots}
    joins = {m.start(2): [(m.start(2) - 1, m.start(2), JOIN)] for m in doubtful}
    decimal = _edited(text, decimals)
    if JOIN not in decimal:  # the coefficient of a whole formula changes no composition
        decimal = counted(decimal)[1]
    return {ADDUCT: _edited(text, decimals | joins), DECIMAL: decimal}


def _could_join(text: str, m: re.Match[str], dots: list[re.Match[str]]) -> bool:
    """Whether a dot has a compound on both sides, or a solvent after it."""
    dot = m.start(2) - 1
    start, end = piece_around(text, dot)
    # up to the next dot of this kind, and also beyond it, because its meaning is open
    before = max([start, *(o.end(2) for o in dots if o.end(2) < dot)])
    behind = min([end, *(o.start(2) - 1 for o in dots if o.start(2) - 1 > dot)])
    heads = {counted(text[place:dot])[1] for place in (start, before)}
    parts = {text[m.end(2) : place] for place in (end, behind)}
    return any(map(is_solvent, parts)) or (
        any(map(is_compound, parts)) and any(map(is_compound, heads))
    )


def _as_decimal(text: str, m: re.Match[str]) -> Iterator[Edit]:
    """Write `O.5` as `O0.5` and `O3.5` as `(O3.5)`, which have only one reading."""
    if m[1] is None:
        yield (m.start(), m.start(), "0")
        return
    start = last_group(text[: m.start()])
    yield (start, start, "(")
    yield (m.end(), m.end(), ")")


def _edited(text: str, edits: Mapping[int, list[Edit]]) -> str:
    # from the last position to the first; at one position a closing bracket precedes an opening one
    every = (edit for group in edits.values() for edit in group)
    for start, end, new in sorted(every, key=lambda edit: (-edit[0], edit[2] == ")")):
        text = text[:start] + new + text[end:]
    return text


def _of_middle_dots(text: str) -> dict[str, str]:
    """The readings of middle dots between two digits that do not join two compounds."""
    adduct = decimal = text
    only_decimal = False
    for m in reversed(list(_BETWEEN_DIGITS.finditer(text))):
        start, end = piece_around(text, m.start())
        head = counted(text[start : m.start()])[1]
        behind = text[m.end() : end]
        count, part = counted(behind)
        if not part and text[end : end + 1] == JOIN:  # a superfluous dot
            continue
        if _NOTHING.search(head) or _DECIMALS_ALONE.match(behind) or not part:
            only_decimal = True
        elif has_parts(head) and has_parts(part):
            continue
        decimal = f"{decimal[: m.start()]}.{decimal[m.end() :]}"
        adduct = f"{adduct[: m.start()]}({part}){count}{adduct[end:]}"
    if decimal == text:
        return {}
    return {DECIMAL: decimal} if only_decimal else {ADDUCT: adduct, DECIMAL: decimal}
