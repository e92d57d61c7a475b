"""Facts of a manifest in words: its weights, its intervals, and what it never predicts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from fusionnas.data.splits import SMALLEST
from fusionnas.models.bundle import lower_bound_of
from fusionnas.statistics.calibration import OUT_OF_FOLD


def kept_words(metrics: Mapping[str, Any]) -> str:
    """Which weights of its training a network has, and how they were refitted."""
    epoch, averaged = metrics["best_epoch"], metrics.get("averaged", 1)
    kept = f"the weights of epoch {epoch}"
    if epoch == 0:
        kept = "the weights that it started from, since no epoch was better"
    elif averaged > 1:
        kept = f"the mean of the weights at {averaged} lows of its rate, the last in epoch {epoch}"
    if epochs := metrics.get("refit_epochs"):
        kept += (
            f", refitted to all training and validation rows in {epochs} further "
            f"{'epoch' if epochs == 1 else 'epochs'} at three tenths of the rate"
        )
    return kept


def known_words(known: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """One sentence for each part about the compositions that the first network knew."""
    for part, facts in known.items():
        of = f"{facts['of']:,} {part} compositions"
        if "left_out" in facts:
            told = (
                f"{facts['left_out']:,} of {of} were left out, since the first weights were "
                "trained on them"
            )
        else:
            told = (
                f"{facts['kept']:,} of {of} are known to the first weights, and stayed, "
                f"since fewer than {SMALLEST[1]} others are left: if the target was the "
                f"same, the {part} error is too low"
            )
            told += "; they correct no interval" * (part == "test")
        yield told + "; too few others are left to choose an epoch" * ("chose_nothing" in facts)


def interval_words(facts: Mapping[str, Any], unit: str = "") -> str:
    """How many values the 90% intervals contained and how wide they are, in sentences."""
    corrected = (
        f"The 90% intervals of `predict` are corrected on {facts['rows']:,} compositions that were "
        "held out from folds"
        if facts["method"] == OUT_OF_FOLD
        else f"The 90% intervals of `predict` are corrected on {facts['rows']:,} test compositions"
    )
    if "coverage_90" not in facts:
        return f"{corrected}; on others they were not checked."
    others = "of the test part" if facts["method"] == OUT_OF_FOLD else "others"
    return (
        f"{corrected} and hold {facts['coverage_90']:.1%} of the {facts['checked_on']:,} {others} "
        f"(uncorrected {facts['coverage_90_own']:.1%}){_width_words(facts, unit)}. That is for "
        "compounds like those of the test part."
    )


def _width_words(facts: Mapping[str, Any], unit: str) -> str:
    """The mean width of the intervals; empty for a model of version 0.1."""
    if "width_90" not in facts:
        return ""
    own = in_short(facts["width_90_own"])
    return f"; their mean width is {in_short(facts['width_90'], unit)} (uncorrected {own})"


def bound_words(manifest: Mapping[str, Any]) -> str:
    """Which values are never predicted; empty if the property has no lower bound."""
    bound = lower_bound_of(manifest)
    if math.isinf(bound):
        return ""
    return (
        f"No training target is below {in_short(bound, manifest['unit'])}, so no prediction and no "
        f"end of an interval is below {bound:g}."
    )


def in_short(value: float, unit: str = "") -> str:
    """Four significant digits."""
    text = f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return f"{text} {unit}".rstrip()


def weight_words(weights: Mapping[str, Any], unit: str) -> str:
    """By what the rows of the data count, in a sentence."""
    column = weights["column"]
    if "common_error" not in weights:
        return f"Rows count by the weights in column '{column}'."
    common = in_short(weights["common_error"], unit)
    return f"Rows count by the error bars in column '{column}', with a common part of {common}."
