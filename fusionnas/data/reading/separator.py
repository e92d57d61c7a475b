"""The separator and the names of the columns of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice

FORMULA_NAMES = ("formula", "composition")
SEPARATORS = (",", ";", "\t", "|")

_LOOKED_AT = 50  # rows that are compared


def header_of(head: str) -> tuple[str, list[str]]:
    """The separator of a table and its column names, without blanks around them.

    The separator is the only one in the header. If the header has several, it is the only one that
    gives all rows the same number of cells, else the one that gives a column of formulas, else the
    comma.

    Args:
        head: the beginning of the text of the table.
    """
    headers = {separator: next(iter(_rows(head, separator, 1)), []) for separator in SEPARATORS}
    found = [separator for separator, cells in headers.items() if len(cells) > 1]
    if len(found) > 1:
        found = _even(head, found) or found
    if len(found) > 1:
        named = [s for s in found if any(is_formula_name(cell) for cell in headers[s])]
        found = named if len(named) == 1 else [","]
    separator = found[0] if found else ","
    return separator, [cell.strip() for cell in headers[separator]]


def is_formula_name(name: str) -> bool:
    return name.strip().lower() in FORMULA_NAMES


def _even(head: str, separators: Sequence[str]) -> list[str]:
    """The separators that give all rows the same number of cells."""
    return [
        separator
        for separator in separators
        if len({len(cells) for cells in _rows(head, separator, _LOOKED_AT)}) == 1
    ]


def _rows(head: str, separator: str, most: int) -> list[list[str]]:
    """The first rows, without the last line of a longer file, which may be incomplete."""
    whole = head if "\n" not in head else head[: head.rindex("\n") + 1]
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator)
    try:
        return list(islice((cells for cells in reader if cells), most))
    except csv.Error:  # a cell is too long
        return []
