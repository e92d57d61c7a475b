"""What the paper says is lower than what, held against the runs seed by seed.

A comparison is *seen* where every seed of the one lies below every seed of the other, *reversed*
where every one lies above, and *open* otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from benchmarks.paper_figures.plan import LABELS, ROWS
from benchmarks.paper_figures.results_table import Results
from fusionnas.cecv.clustering import THRESHOLDS

Quantity = Literal["MAE", "deviation", "clusters"]
Side = tuple[str, int]  # architecture and training rows
Thresholds = tuple[int, int]  # first, and one beyond the last
ALL = (0, len(THRESHOLDS))
SMALL = (0, 2)  # below 0.15
LARGE = (3, len(THRESHOLDS))  # above 0.15
_WHERE = {ALL: "", SMALL: " below 0.15", LARGE: " above 0.15"}
OUTCOMES = ("seen", "reversed", "open")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The paper has `quantity` of `lower` below that of `higher` at the thresholds `where`."""

    quantity: Quantity
    lower: Side
    higher: Side
    where: Thresholds = ALL

    @property
    def words(self) -> str:
        if self.lower[0] == self.higher[0]:
            names = [f"{rows:,} rows" for _, rows in (self.lower, self.higher)]
        else:
            names = [LABELS[name] for name, _ in (self.lower, self.higher)]
        where = _WHERE[self.where]
        return f"{self.quantity}{where}: {names[0]} < {names[1]}"


def below(
    quantity: Quantity, *names: str, where: Thresholds = ALL, rows: int = ROWS
) -> list[Comparison]:
    """Each name below the next."""
    return [Comparison(quantity, (a, rows), (b, rows), where) for a, b in pairwise(names)]


def outcomes(comparison: Comparison, results: Results) -> Counter[str]:
    """How often it is seen, reversed and open: once, or once a threshold for clusters."""
    if comparison.quantity == "deviation" and not results.band.exists:
        return Counter()
    low, high = (_values(comparison, results, s) for s in (comparison.lower, comparison.higher))
    seen = low.max(axis=0) < high.min(axis=0)
    other = low.min(axis=0) > high.max(axis=0)
    return Counter(
        "seen" if s else "reversed" if o else "open" for s, o in zip(seen, other, strict=True)
    )


def _values(comparison: Comparison, results: Results, side: Side) -> np.ndarray:
    """(seeds, 1), or (seeds, thresholds) of clusters."""
    where = slice(*comparison.where)
    if comparison.quantity == "MAE":
        return results.maes(*side)[:, None]
    if comparison.quantity == "clusters":
        return results.counts(*side)[:, where]
    parts = [score.guidance[where] for score in results.scores(*side)]
    return np.array([[np.mean([abs(x) for x in part if x is not None])] for part in parts])


def cell(comparison: Comparison, results: Results) -> str:
    """The outcome and the means over seeds, or how many times the clusters of the other."""
    found = outcomes(comparison, results)
    if not found:
        return "no band"
    low, high = (
        _values(comparison, results, side).mean(axis=0)
        for side in (comparison.lower, comparison.higher)
    )
    if comparison.quantity == "clusters":
        places = ", ".join(f"{o} at {found[o]}" for o in OUTCOMES if found[o])
        ratio = low / high
        return f"{places} of {len(ratio)}; {ratio.min():.2f} to {ratio.max():.2f} times"
    digits = 4 if comparison.quantity == "MAE" else 2
    outcome = next(iter(found))
    return f"{outcome}; {low[0]:.{digits}f}, {high[0]:.{digits}f}"


def tally(
    comparisons: Sequence[Comparison], results: Sequence[Results], quantity: Quantity
) -> Counter[str]:
    """Outcomes of all comparisons of a quantity; a comparison of clusters counts each threshold."""
    total: Counter[str] = Counter()
    for comparison in comparisons:
        if comparison.quantity == quantity:
            for one in results:
                total += outcomes(comparison, one)
    return total
