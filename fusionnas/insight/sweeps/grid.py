"""Evenly spaced compositions of two or three elements, and where the element order changes.

A network reads the elements of a compound by falling fraction, and equal fractions by
electronegativity. Where one fraction overtakes another, the order of the input changes although the
composition hardly changes, so the prediction may jump there. It may also jump where an element
vanishes, since the network then reads one element fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fusionnas.data.composition import DECIMALS, Composition, composition_of
from fusionnas.data.elements import NUMBERS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError

POINTS = {2: 101, 3: 41}  # number along each side, by number of elements
FEWEST, MOST = {2: 3, 3: 4}, {2: 5001, 3: 201}


@dataclass(frozen=True, slots=True)
class Flip:
    """A composition with two equal fractions in both orders: `first` is read before, or after."""

    first: str  # symbols of the two elements with equal fraction
    second: str
    first_leads: Composition
    second_leads: Composition


def check_elements(symbols: Sequence[str]) -> tuple[str, ...]:
    """Two or three different elements; OptionError if one is unknown or the number is wrong."""
    for symbol in symbols:
        if symbol not in NUMBERS:
            raise OptionError(
                f"There is no element '{symbol}'; symbols are written like 'Si', and a bundle or "
                "a study by its folder or its name."
            )
    twice = {symbol for symbol in symbols if list(symbols).count(symbol) > 1}
    if twice:
        raise OptionError(f"The elements must differ, but '{sorted(twice)[0]}' is given twice.")
    if len(symbols) not in POINTS:
        raise OptionError(
            f"A sweep needs two or three elements, but got {len(symbols)}"
            f"{': ' + ' '.join(symbols) if symbols else ''}. Give for example `Si O`."
        )
    return tuple(symbols)


def check_points(points: int | None, elements: int) -> int:
    """Compositions along each side; raises OptionError if they are too few or too many."""
    if points is None:
        return POINTS[elements]
    if not FEWEST[elements] <= points <= MOST[elements]:
        raise OptionError(
            f"--points must be from {FEWEST[elements]} to {MOST[elements]} for {elements} "
            f"elements, but got {points}."
        )
    return points


def compositions(elements: Sequence[str], points: int) -> list[Composition]:
    """All whole multiples of 1 / (points - 1), end members included, in rising order.

    Two elements A and B: `points` compositions from B to A. Three: points (points + 1) / 2.
    """
    steps = points - 1
    numbers = [NUMBERS[symbol] for symbol in elements]
    counts: list[tuple[int, ...]]
    if len(numbers) == 2:
        counts = [(i, steps - i) for i in range(points)]
    else:
        counts = [(i, j, steps - i - j) for i in range(points) for j in range(points - i)]
    return [
        composition_of({z: n / steps for z, n in zip(numbers, row, strict=True) if n})
        for row in counts
    ]


def flips(elements: Sequence[str], points: int) -> list[Flip]:
    """Compositions where two elements have equal fractions, each in both of its orders.

    Two elements: only A0.5 B0.5. Three: along the lines of two equal fractions, if all three
    elements are present and not all fractions are equal.
    """
    if len(elements) == 2:
        return [_flip(elements[0], elements[1], {})]
    found = []
    for first, second in combinations(elements, 2):
        (third,) = set(elements) - {first, second}
        steps = points - 1
        for i in range(1, steps):
            if 2 * i < steps and 3 * i != steps:
                found.append(_flip(first, second, {third: 1 - 2 * i / steps}))
    return found


def fractions(table: CompositionTable, elements: Sequence[str]) -> np.ndarray:
    """Atomic fractions (N, elements); 0 for an absent element."""
    out = np.zeros((len(table), len(elements)))
    for rows, numbers, x in table.groups().values():
        for column, symbol in enumerate(elements):
            row, place = np.nonzero(numbers == NUMBERS[symbol])
            out[rows[row], column] = x[row, place]
    return out


def rows_of(table: CompositionTable, elements: Sequence[str]) -> np.ndarray:
    """Rows that contain only these elements, or some of them."""
    allowed = np.isin(table.numbers, [NUMBERS[symbol] for symbol in elements])
    return np.flatnonzero(~table.row_any(~allowed))


def _flip(first: str, second: str, other: dict[str, float]) -> Flip:
    share = round((1 - sum(other.values())) / 2, DECIMALS)
    amounts = {first: share, second: share, **other}

    def led_by(leader: str, follower: str) -> Composition:
        # the third element keeps its place: first if it is the largest, otherwise last
        order = sorted((leader, follower, *other), key=lambda e: (-amounts[e], e != leader))
        return Composition(
            tuple(NUMBERS[e] for e in order), tuple(round(amounts[e], DECIMALS) for e in order)
        )

    return Flip(first, second, led_by(first, second), led_by(second, first))
