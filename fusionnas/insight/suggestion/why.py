"""Why a candidate is suggested, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fusionnas.insight.suggestion.rules import EXPLORE, Goal, Rule

HARDLY = 0.01  # a smaller chance is not told as a number


def why_number(row: Mapping[Any, Any], goal: Goal, rule: Rule, best: float | None) -> str:
    """The reasons for a suggestion, of a row of the table of suggestions."""
    value, uncertainty = row["value"], row["uncertainty"]
    if rule.name == EXPLORE:
        words = f"uncertain by {uncertainty:.3g}"
    elif best is None:
        words = f"ranked by {rule.about}"
    elif goal.utility(np.array(value)) > goal.utility(np.array(best)):
        words = f"predicted {goal.better_than} the best known, {best:.4g}"
    else:
        words = f"{goal.better_than} the best known, {best:.4g}, with {_told(row['chance'])}"
    return "; ".join([words, *_doubts(row)])


def why_class(row: Mapping[Any, Any], name: str, rule: str) -> str:
    """The reasons for a suggestion of a class, likewise."""
    words = f"{name} with {_told(row['chance'])}"
    if rule == EXPLORE:
        words = f"undecided (entropy {row['score']:.2f} of 1): {words}"
    return "; ".join([words, *_doubts(row)])


def _told(chance: float) -> str:
    return f"{chance:.0%}" if chance >= HARDLY else f"less than {HARDLY:.0%}"


def _doubts(row: Mapping[Any, Any]) -> list[str]:
    words = []
    if row["unseen_elements"]:
        words.append(f"not in the training data: {row['unseen_elements']}")
    if row.get("unseen_conditions"):
        words.append(f"never in training: {row['unseen_conditions']}")
    if near := row.get("nearest_training"):
        far = "far from the training data: " if row.get("far") else ""
        words.append(f"{far}nearest {near} at {row['distance']:.2f}")
    return words
