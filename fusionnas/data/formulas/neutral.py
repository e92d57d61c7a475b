"""Whether a piece of a formula can be a compound by itself."""

from __future__ import annotations

from functools import cache

from fusionnas.data.elements import ELECTRONEGATIVITY, NUMBERS

_NONMETALS = {"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "As", "Se", "Br", "Te", "I"}
_ALIKE = ({"F", "Cl", "Br", "I"}, {"S", "Se", "Te"})  # they share a site and form no compound
_MOLECULES = {"Ar", "Kr", "Xe", "Cl2", "Br2", "I2", "P4", "S8", "C60", "C70"}
_SOLVENTS = {
    "H2O",
    "D2O",
    "H2O2",
    "NH3",
    "HF",
    "HCl",
    "CO2",
    "CH3OH",
    "CH4O",
    "C2H5OH",
    "C2H6O",
    "C4H8O",
    "CH3CN",
    "CHCl3",
    "CH2Cl2",
}


def is_solvent(piece: str) -> bool:
    """Whether a piece, in brackets or not, is a small molecule that crystals can contain."""
    return piece.strip("()[]{}") in _SOLVENTS


def has_parts(piece: str) -> bool:
    """Whether a piece has a nonmetal and another element that it can bind, or is a molecule."""
    amounts = _amounts(piece)
    return piece in _MOLECULES or (
        len(amounts) > 1
        and not _NONMETALS.isdisjoint(amounts)
        and not any(amounts.keys() <= alike for alike in _ALIKE)
    )


def is_compound(piece: str) -> bool:
    """Whether a piece is a compound by itself: it has parts, and their charges can cancel.

    SiO2 is a compound, but the CuO4 of La1.85Sr.15CuO4 is not. The most electronegative nonmetal is
    negative; the other elements have any of their usual oxidation states (tables of pymatgen).
    """
    if piece in _MOLECULES or not has_parts(piece):
        return piece in _MOLECULES
    amounts = _amounts(piece)
    anion = max(_NONMETALS & amounts.keys(), key=_pull)
    states = {s: [x for x in _states(s) if s != anion or x < 0] for s in amounts}
    if not all(states.values()):
        return False
    lowest = sum(amount * min(states[symbol]) for symbol, amount in amounts.items())
    highest = sum(amount * max(states[symbol]) for symbol, amount in amounts.items())
    return lowest < 1e-6 and highest > -1e-6


def _amounts(piece: str) -> dict[str, float]:
    """Amounts by symbol; empty if the piece is not a formula of elements."""
    from pymatgen.core import Composition

    amounts: dict[str, float] = {}
    try:
        for e, amount in Composition(piece).items():  # D and H are separate, both with symbol H
            amounts[e.symbol] = amounts.get(e.symbol, 0.0) + float(amount)
    except (ValueError, KeyError, ZeroDivisionError):
        return {}
    return amounts if amounts.keys() <= NUMBERS.keys() else {}


def _pull(symbol: str) -> float:
    return float(ELECTRONEGATIVITY[NUMBERS[symbol]])


@cache
def _states(symbol: str) -> tuple[int, ...]:
    from pymatgen.core import Element

    element = Element(symbol)
    return (*element.common_oxidation_states, *element.icsd_oxidation_states)
