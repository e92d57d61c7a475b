"""One or two sentences about the predictor of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusionnas.tasks.kinds import stored_task


def predictor_words(summary: Mapping[str, Any]) -> str:
    """Compares the predictor with the recommended network and the best yardstick; may be empty."""
    mine = summary.get("predictor")
    if mine is None:
        return ""
    error = stored_task(summary).error
    label, test = error.label, error.key("test")
    unit = f" {summary['unit']}" if summary["unit"] else ""
    models = "1 model" if mine["models"] == 1 else f"{mine['models']} models"
    together = "" if mine["models"] == 1 else f", the weighted {mine['combination']} of them,"
    words = (
        f"The predictor ({models}){together} has a test {label} of {mine[test]:.4g}{unit}, and "
        f"the recommended network has {summary['chosen'][test]:.4g}{unit}."
    )
    return (
        f"{words} {_beside(mine['beside_best'], unit, label)}" if mine.get("beside_best") else words
    )


def _beside(found: Mapping[str, Any], unit: str, label: str) -> str:
    """Compares the predictor with the best yardstick."""
    low, high = found["interval"]
    verdict = (
        "the predictor is better"
        if high < 0
        else "the yardstick is better"
        if low > 0
        else "a difference within chance"
    )
    return (
        f"Its {label} minus that of the best yardstick ({found['label']}) is {found['value']:.3g}"
        f"{unit} (95% interval {low:.3g} to {high:.3g}): {verdict}."
    )
