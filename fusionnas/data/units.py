"""Units in the names of quantities, such as `gap (eV)`."""

from __future__ import annotations

import re

_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]\s*$")


def unit_in(name: str) -> str:
    """What stands in brackets at the end of a name; empty if nothing does."""
    found = _IN_BRACKETS.search(name)
    return found[1].strip() if found else ""


def with_unit(quantity: str, unit: str) -> str:
    """`MAE (uV/K)`; the quantity alone if there is no unit, or if it ends with it already."""
    if not unit or quantity.rstrip().endswith((f"({unit})", f"[{unit}]")):
        return quantity
    return f"{quantity} ({unit})"
