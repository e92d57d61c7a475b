"""How pictures write a formula."""

from __future__ import annotations

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscripted(formula: str) -> str:
    """`SrTiO₃` for `SrTiO3`, where all amounts are whole numbers."""
    return formula if "." in formula else formula.translate(_SUBSCRIPTS)
