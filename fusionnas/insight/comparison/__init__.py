"""Comparisons of networks on test compositions that none of them has seen."""

from fusionnas.insight.comparison.compare import Comparison, compare
from fusionnas.insight.comparison.of_targets import (
    TargetComparisons,
    compare_targets,
    targets_of,
)
from fusionnas.insight.comparison.worth import SearchWorth, search_worth

__all__ = [
    "Comparison",
    "SearchWorth",
    "TargetComparisons",
    "compare",
    "compare_targets",
    "search_worth",
    "targets_of",
]
