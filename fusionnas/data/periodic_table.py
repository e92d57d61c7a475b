"""The places of the elements in the periodic table of 18 columns.

Lanthanides (57 to 71) and actinides (89 to 103) have separate rows, as in most printed tables, so
group 3 is only Sc and Y.
"""

from __future__ import annotations

from collections.abc import Iterable

NOBLE_GASES = (0, 2, 10, 18, 36, 54, 86, 118)  # the last element of each period
LANTHANIDES = range(57, 72)
ACTINIDES = range(89, 104)
F_BLOCK = "f"


def period(z: int) -> int:
    """The period of an element, 1 to 7."""
    return next(p for p, last in enumerate(NOBLE_GASES) if z <= last)


def group(z: int) -> int | None:
    """The group of an element, 1 to 18; None for lanthanides and actinides."""
    if z in LANTHANIDES or z in ACTINIDES:
        return None
    row = period(z)
    place = z - NOBLE_GASES[row - 1]  # 1 for the first element of the period
    if place <= (1 if row == 1 else 2):
        return place
    return 18 - (NOBLE_GASES[row] - z)  # counted from the noble gas


def block_name(z: int) -> str:
    """The group as text, `f` for lanthanides and actinides."""
    return str(group(z) or F_BLOCK)


def periodic_order(numbers: Iterable[int]) -> list[int]:
    """Atomic numbers column by column: groups 1 and 2, the f block, groups 3 to 18."""

    def key(z: int) -> tuple[float, int]:
        column = group(z)
        return (2.5 if column is None else column, z)

    return sorted(numbers, key=key)
