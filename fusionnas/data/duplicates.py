"""Rows of one composition that disagree, and whether different units could be the reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHOWN = 5  # number of groups shown to people
CLOSE = 0.01  # relative difference of a ratio from the factor between two units
FEWEST = 3  # smallest number of such groups before units are suspected
# factors between units that are often used for the same quantity
FACTORS = {
    1e3: "a factor of 1000, as between meV and eV, or MPa and GPa",
    1e6: "a factor of a million, as between V and uV",
    100.0: "a factor of 100, as between a share and percent",
    96.485: "96.49, as between eV and kJ/mol",
    23.06: "23.06, as between eV and kcal/mol",
    27.211: "27.21, as between hartree and eV",
    13.606: "13.61, as between rydberg and eV",
    4.184: "4.184, as between kcal and kJ",
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A composition whose rows differ."""

    formula: str
    rows: int
    low: float
    high: float

    @property
    def words(self) -> str:
        return f"{self.formula} ({self.rows} rows, {self.low:.4g} to {self.high:.4g})"


def suspected_units(low: np.ndarray, high: np.ndarray) -> str:
    """The factor between the smallest and largest values of several groups; empty if none.

    Args:
        low, high: smallest and largest value of each composition with several rows, (G,).
    """
    same_sign = low * high > 0
    small = np.minimum(np.abs(low[same_sign]), np.abs(high[same_sign]))
    ratio = np.maximum(np.abs(low[same_sign]), np.abs(high[same_sign])) / small
    differing = ratio > 1 + CLOSE
    found: tuple[int, str] = (FEWEST - 1, "")
    for factor, words in FACTORS.items():
        count = int((np.abs(ratio / factor - 1) <= CLOSE).sum())
        # a ratio is within 2% of a factor by chance now and then where many groups disagree
        if count > max(found[0], 0.1 * differing.sum()):
            found = (count, f"in {count} compositions rows differ by {words}")
    return found[1]
