"""What a study says of its predictor, in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def predictor_words(summary: Mapping[str, Any]) -> str:
    """The predictor beside the recommended network and the best yardstick; empty without one."""
    mine = summary.get("predictor")
    if mine is None:
        return ""
    unit = f" {summary['unit']}" if summary["unit"] else ""
    models = "1 model" if mine["models"] == 1 else f"{mine['models']} models"
    together = "" if mine["models"] == 1 else f", the weighted {mine['combination']} of them,"
    words = (
        f"The predictor ({models}){together} has a test MAE of {mine['test_mae']:.4g}{unit}, the "
        f"recommended network {summary['chosen']['test_mae']:.4g}{unit}."
    )
    return f"{words} {_beside(mine['beside_best'], unit)}" if mine.get("beside_best") else words


def _beside(found: Mapping[str, Any], unit: str) -> str:
    """The predictor against the best yardstick."""
    low, high = found["interval"]
    verdict = (
        "the predictor is better"
        if high < 0
        else "the yardstick is better"
        if low > 0
        else "a difference within chance"
    )
    return (
        f"Its MAE less that of the best yardstick ({found['label']}) is {found['value']:.3g}{unit} "
        f"(95% interval {low:.3g} to {high:.3g}): {verdict}."
    )
