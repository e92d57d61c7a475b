"""The signed guidance in words."""

from __future__ import annotations

from collections.abc import Sequence

from fusionnas.cecv.target_band import HALF_WIDTH


def tendency(guidance: float | None) -> str:
    """Where a candidate stands at one threshold; guidance is (c - T) / (k - g)."""
    if guidance is None:
        return "not counted"
    if abs(guidance) <= HALF_WIDTH:
        return "in the band"
    return "too local" if guidance > 0 else "too global"


def summary(thresholds: Sequence[float], guidance: Sequence[float | None]) -> str:
    """One sentence: where the candidate is too local, too global or in the band."""
    by_tendency: dict[str, list[str]] = {}
    for t, g in zip(thresholds, guidance, strict=True):
        by_tendency.setdefault(tendency(g), []).append(f"{t:.2f}")
    parts = [
        f"{words} at {', '.join(by_tendency[words])}"
        for words in ("too local", "too global", "in the band")
        if words in by_tendency
    ]
    return "The chosen network is " + "; ".join(parts) + "." if parts else "No threshold counts."
