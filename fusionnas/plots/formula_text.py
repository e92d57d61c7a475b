"""The notation of formulas in pictures."""

from __future__ import annotations

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscripted(formula: str) -> str:
    """`SrTiO₃` for `SrTiO3`, if all amounts are whole numbers."""
    return formula if "." in formula else formula.translate(_SUBSCRIPTS)
