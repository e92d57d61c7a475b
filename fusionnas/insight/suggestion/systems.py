"""Candidates of a chemical system: all compositions with small whole amounts.

The rules for charge balance and electronegativity are those of SMACT (Davies et al., J. Open Source
Softw. 4 (2019) 1361): some assignment of known oxidation states is neutral, and no anion is less
electronegative than a cation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, product

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.errors import OptionError, did_you_mean

MOST = 2_000_000  # compositions, before charge balance


def system_formulas(system: str, largest: int = 8, charge_balanced: bool = False) -> list[str]:
    """Formulas of a system and of its subsystems of two or more elements.

    Args:
        system: elements joined by hyphens, such as Li-Mn-O.
        largest: largest amount of an element in a formula.
        charge_balanced: keep only formulas that SMACT can balance.

    Raises:
        OptionError: there is no such element, or fewer than two; there are too many formulas; or
            SMACT is not installed.
    """
    symbols = [symbol.strip() for symbol in system.split("-")]
    for symbol in symbols:
        if symbol not in NUMBERS:
            raise OptionError(
                f"--system {system}: there is no element '{symbol}'; "
                f"{did_you_mean(symbol, [s for s in SYMBOLS if s])}"
            )
    if len(set(symbols)) != len(symbols) or len(symbols) < 2:
        raise OptionError(f"--system must name two or more elements once, but got '{system}'.")
    if largest < 1 or (largest + 1) ** len(symbols) > MOST:
        raise OptionError(
            f"--system {system} with amounts up to {largest} gives too many formulas, or none; "
            "choose another --largest."
        )
    several = [
        elements for n in range(2, len(symbols) + 1) for elements in combinations(symbols, n)
    ]
    amounts = _balanced if charge_balanced else _all
    return [
        "".join(f"{s}{n if n > 1 else ''}" for s, n in zip(elements, found, strict=True))
        for elements in several
        for found in amounts(elements, largest)
    ]


def _all(elements: tuple[str, ...], largest: int) -> Iterator[tuple[int, ...]]:
    for found in product(range(1, largest + 1), repeat=len(elements)):
        if math.gcd(*found) == 1:
            yield found


def _balanced(elements: tuple[str, ...], largest: int) -> Iterator[tuple[int, ...]]:
    try:
        import smact
        from smact.screening import smact_filter
    except ImportError as e:
        raise OptionError("--charge-balanced needs SMACT: pip install 'fusionnas[suggest]'.") from e
    try:
        found = smact_filter(
            [smact.Element(symbol) for symbol in elements],
            threshold=largest,
            species_unique=False,
        )
    except ValueError:  # SMACT knows no oxidation state of an element, such as a noble gas
        return
    yield from dict.fromkeys(tuple(map(int, amounts)) for _, amounts in found)
