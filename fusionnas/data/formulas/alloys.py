"""Names of alloys in weight percent, such as Ti-6Al-4V, which are not formulas."""

from __future__ import annotations

import re

from fusionnas.data.elements import NUMBERS

_ALLOY = re.compile(r"([A-Z][a-z]?)((?:-(?:\d+\.?\d*|\.\d+)[A-Z][a-z]?)+)")
_NEVER = {"H", "O", "F", "Cl", "Br", "I", "He", "Ne", "Ar", "Kr", "Xe", "Rn"}  # in an alloy's name
_ADDED = re.compile(r"-(\d*\.?\d*)([A-Z][a-z]?)")


def in_atoms(text: str) -> str | None:
    """The formula in atomic percent of an alloy in weight percent; None for any other text.

    The first element is the remainder: Ti-6Al-4V has 90% of titanium.
    """
    from pymatgen.core import Element

    match = _ALLOY.fullmatch(text)
    if match is None:
        return None
    added = {symbol: float(weight) for weight, symbol in _ADDED.findall(match[2])}
    weights = {match[1]: 100 - sum(added.values()), **added}
    if not weights.keys() <= NUMBERS.keys() - _NEVER or min(weights.values()) <= 0:
        return None
    moles = {symbol: w / float(Element(symbol).atomic_mass) for symbol, w in weights.items()}
    total = sum(moles.values())
    return "".join(f"{symbol}{100 * amount / total:.4g}" for symbol, amount in moles.items())
