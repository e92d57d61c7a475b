"""The names of predicted columns in a table that has columns of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import chain, count


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or name_predicted, name_predicted_2 ... if a table has such a column."""
    further = (f"{name}_predicted_{number}" for number in count(2))
    candidates = chain((name, f"{name}_predicted"), further)
    return next(one for one in candidates if one not in taken)


def added_name(name: str, columns: Iterable[str]) -> str | None:
    """The name that `free_name` gave, if added columns come last; None if none was added."""
    form = re.compile(rf"{re.escape(name)}(_predicted(_\d+)?)?")
    return next((one for one in reversed(list(columns)) if form.fullmatch(one)), None)
