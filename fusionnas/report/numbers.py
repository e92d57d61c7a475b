"""How the report writes numbers: few digits, a dash for what is not there."""

from __future__ import annotations

from typing import Any


def short(value: Any) -> str:
    """Four significant digits, whole numbers in full."""
    if value is None or value != value:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1e-3 else f"{value:.2g}"


def fixed(value: float | None) -> str:
    """Three decimals."""
    return "–" if value is None or value != value else f"{value:.3f}"


def interval(low: float, high: float) -> str:
    """`128.4 to 137.9`; empty where it is not known."""
    return "" if low != low or high != high else f"{short(low)} to {short(high)}"


def subscripted(formula: str) -> str:
    """`SrTiO₃` for `SrTiO3`, where all amounts are whole numbers."""
    if "." in formula:
        return formula
    return formula.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
