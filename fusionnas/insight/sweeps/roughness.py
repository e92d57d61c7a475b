"""The roughness of a network: how much predictions jump between neighbouring compositions.

Lines go through known compounds: two elements of a compound exchange atoms in steps of a hundredth
of their sum, and the others keep their fractions. The elements stay the same along the whole line,
so that no loss or gain of an element is measured.
"""

from __future__ import annotations

import numpy as np

from fusionnas.data.composition import Composition, composition_of
from fusionnas.data.table import CompositionTable

LINES = 200
SHARES = np.arange(2, 99) / 100  # share of the first of two elements in their sum


def roughness(values: np.ndarray) -> float:
    """The mean of |v_k - (v_(k-1) + v_(k+1)) / 2| over all lines and their inner points.

    This is the distance of a prediction from the mean of its two neighbours. It is almost zero
    along a smooth curve, and a jump of J adds J / 2 at two points.

    Args:
        values: predictions (lines, points), evenly spaced along each line, at least three points.
    """
    between = (values[:, :-2] + values[:, 2:]) / 2
    return float(np.abs(values[:, 1:-1] - between).mean())


def lines_through(table: CompositionTable, lines: int = LINES, seed: int = 0) -> CompositionTable:
    """Compositions along lines through compounds of `table`, line by line, `SHARES` of each.

    Args:
        table: known compounds; those of one element have no line.
        lines: maximum number of lines; there are fewer if there are fewer compounds.
        seed: seed for choosing the compounds and the two elements that exchange atoms.
    """
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.flatnonzero(table.lengths >= 2))[:lines]
    return CompositionTable.of([one for row in rows.tolist() for one in _line(table[row], rng)])


def _line(compound: Composition, rng: np.random.Generator) -> list[Composition]:
    amounts = dict(zip(compound.numbers, compound.fractions, strict=True))
    first, second = rng.choice(compound.numbers, 2, replace=False).tolist()
    both = amounts[first] + amounts[second]
    return [
        composition_of(amounts | {first: share * both, second: (1 - share) * both})
        for share in SHARES.tolist()
    ]


def along_lines(values: np.ndarray) -> np.ndarray:
    """Reshape predictions (N,) for a table of `lines_through` to (lines, points)."""
    return values.reshape(-1, len(SHARES))
