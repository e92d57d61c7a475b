"""Targets that are probably not measured values: placeholders, and numbers that overflow."""

from __future__ import annotations

import warnings

import numpy as np

from fusionnas.errors import DataError, DataWarning

# the errors of a network and exported models are in single precision
LARGEST = float(np.finfo(np.float32).max)
FAR = 10.0  # a far value is so many times as far from the median as all others
FEW = 0.05  # of the rows; values of more rows are a second kind of compound
PLACEHOLDER_FAR, PLACEHOLDER_FEW = 3.0, 0.5  # the same two limits for -9999 and similar values
SHOWN = 5  # the largest number of rows that a message names


def check_targets(targets: np.ndarray, rows: np.ndarray, where: str) -> None:
    """Warn before training of values that are far from all others.

    Args:
        targets: (N,), finite.
        rows: the number of each row, (N,), for messages.
        where: the table and the column, for messages.

    Raises:
        DataError: a value is so large that computations would overflow.
    """
    largest = int(np.argmax(np.abs(targets))) if len(targets) else 0
    if len(targets) and abs(targets[largest]) > LARGEST:
        raise DataError(
            f"{where} is {targets[largest]:g} in row {rows[largest]}, and computations with it "
            f"overflow; it must be within {LARGEST:.2g}. Use another unit, or the logarithm."
        )
    far = far_values(targets)
    if len(far):
        found = np.isin(targets, far)
        others = targets[~found]
        warnings.warn(
            f"{where} has values far from all others, which are {others.min():g} to "
            f"{others.max():g}: {'; '.join(_words(value, targets, rows) for value in far)}. If "
            "such a value means a missing one, empty its cells and add --skip-bad-rows; if the "
            "target spans many orders of magnitude, use its logarithm.",
            DataWarning,
            stacklevel=3,
        )


def far_values(targets: np.ndarray) -> np.ndarray:
    """The distinct values (M,), ascending, that are far from all others.

    Distances are from the median. A few rows are far from the others if there is a gap between two
    successive distances, the outer one at least ten times the inner one. If all values beyond a gap
    are placeholders (-999, 9999 ...), three times the distance and less than half the rows are
    enough.
    """
    count = len(targets)
    if count < 3:
        return np.empty(0)
    distance = np.abs(targets - np.median(targets))
    order = np.argsort(distance, kind="stable")
    inner, outer = distance[order[:-1]], distance[order[1:]]
    share = 1 - np.arange(1, count) / count  # of the rows beyond each gap
    few = (inner > 0) & (outer >= FAR * inner) & (share <= FEW)
    maybe = (outer > 0) & (outer >= PLACEHOLDER_FAR * inner) & (share < PLACEHOLDER_FEW)
    for gap in np.flatnonzero(few | maybe).tolist():
        beyond = np.unique(targets[order[gap + 1 :]])
        if few[gap] or all(map(_is_placeholder, beyond.tolist())):
            # there may be more among the rest: compared with 1e30, -9999 is not far
            return np.union1d(beyond, far_values(targets[order[: gap + 1]]))
    return np.empty(0)


def _is_placeholder(value: float) -> bool:
    """Whether a number consists of three or more nines only."""
    digits = f"{abs(value):.10g}"
    return len(digits) >= 3 and set(digits) == {"9"}


def _words(value: float, targets: np.ndarray, rows: np.ndarray) -> str:
    found = rows[targets == value].tolist()
    noun = "row" if len(found) == 1 else "rows"
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{value:g} in {noun} {', '.join(map(str, found[:SHOWN]))}{more}"
