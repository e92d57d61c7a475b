"""The format of numbers in the report: few digits, and a dash for a missing value."""

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
    """`128.4 to 137.9`; empty if it is not known."""
    return "" if low != low or high != high else f"{short(low)} to {short(high)}"


# columns in the unit of the target, and their names in a table
_IN_UNIT = {
    "test_mae": "test MAE",
    "mae_low": "from",
    "mae_high": "to",
    "rmse": "RMSE",
    "difference": "difference to the first",
    "difference_low": "from",
    "difference_high": "to",
    "value": "value",
    "lower": "lower",
    "upper": "upper",
    "known": "known",
    "expected": "expected best",
    "expected_low": "from",
    "expected_high": "to",
    "lowest": "lowest",
    "highest": "highest",
    "val_mae": "val. MAE",
    "val_weighted_mae": "weighted val. MAE",
    "best_mae": "best until then",
    "mae": "MAE",
    "low": "from",
    "high": "to",
    "bias": "mean of prediction − target",
    "worse_by": "worse by",
    "worse_by_low": "from",
    "worse_by_high": "to",
    "target": "target",
    "prediction": "prediction",
    "uncertainty": "uncertainty",
    "from": "from",
    "to": "to",
    "stated": "expected error",
    "seen": "seen MAE",
}
_NAMES = {
    "number": "trial",
    "cecv_deviation": "deviation",
    "cecv_excess": "excess",
    "latency_ms": "latency (ms)",
    "train": "training",
    "val": "validation",
    "relative_mae": "relative MAE",
    "relative_mae_low": "from",
    "relative_mae_high": "to",
    "test_relative_mae": "test relative MAE",
    "val_relative_mae": "val. relative MAE",
    "best_relative_mae": "best until then",
    "median_mae": "MAE of the median",
}


def heading(column: str, unit: str) -> str:
    """The name of a column of a view's table for people, with its unit."""
    if column in _IN_UNIT:
        return f"{_IN_UNIT[column]} ({unit})" if unit else _IN_UNIT[column]
    if column.endswith("percent"):
        return f"{column.removesuffix('percent').strip('_').replace('_', ' ') or 'share'} (%)"
    return _NAMES.get(column, column.replace("_", " "))


def cell(value: Any) -> str:
    """A value of a view's table as text; it can be a NumPy number."""
    return short(value.item() if hasattr(value, "item") else value)
