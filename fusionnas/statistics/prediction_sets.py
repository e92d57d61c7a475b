"""Prediction sets of classes with a guaranteed coverage: split conformal prediction.

Symbols: P (N, K) probabilities of the classes, y (N,) true codes. The score of a class in a row is
1 - P, and that of a row is the one of its true class. A set of a level holds the classes with a
score of at most q, the k-th smallest of the N scores of rows that no weights were fitted to, for k
= ceil((N + 1) level), and always the most probable class. For a new compound of the same kind it
holds the true class with at least this chance, however good the model is (Sadinle et al., J. Am.
Stat. Assoc. 114 (2019) 223; without the most probable class, sets could be empty). The chance is
over all compounds, not for each class. With folds the rows also chose epochs and members, and in
any case the test rows give the one temperature of the probabilities, so the coverage that is
checked may be a little better than that of a new compound.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fusionnas.statistics.calibration import (
    CHECKED_LEVEL,
    FEWEST,
    Calibrated,
    Calibration,
    calibration_rows,
)
from fusionnas.statistics.class_metrics import of_each_class

METHOD = "split conformal, by the probability of the true class"
HELD_OUT = "out-of-fold rows, by the probability of the true class"


def sets_of(made: Calibration, p: np.ndarray, level: float) -> np.ndarray:
    """Whether each class is in the set of a level, (N, K) bool.

    Args:
        made: scores of rows that no weights were fitted to.
        p: probabilities, (N,) of class 1 or (N, K) of each class.
        level: chance that a set holds the true class, such as 0.9.

    Raises:
        OptionError: too few scores for so high a level.
    """
    each = of_each_class(p)
    return (1 - each <= made.factor(level)) | (each == each.max(axis=1, keepdims=True))


def fit_sets(
    p: np.ndarray,
    codes: np.ndarray,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
    check: bool = True,
    groups: np.ndarray | None = None,
) -> Calibrated | None:
    """Scores from held-out rows, with their check; None if there are too few rows.

    Args:
        p: probabilities of the test part, (N,) or (N, K).
        codes: its classes, (N,).
        held_out: the same of rows held out from folds, whose scores are then used and checked on
            the whole test part. Otherwise a part of the test rows gives the scores, and the others
            check them.
        check: False checks nothing.
        groups: of the test rows, as for `calibration_rows`.

    Returns:
        The scores, and facts: `method`, `rows`, and of the check at 90% `checked_on`,
        `coverage_90` and `size_90`, the mean number of classes in a set.
    """
    if held_out is None:
        rows = calibration_rows(len(codes), groups)
        own, rest = (p[rows], codes[rows]), (p[~rows], codes[~rows])
    else:
        own, rest = held_out, (p, codes)
    if len(own[1]) < FEWEST:
        return None
    method = METHOD if held_out is None else HELD_OUT
    made = Calibration(np.sort(1 - _of_true(*own)), method)
    facts: dict[str, Any] = {"method": method, "rows": len(own[1])}
    if check and len(rest[1]):
        found = sets_of(made, rest[0], CHECKED_LEVEL)
        facts |= {
            "checked_on": len(rest[1]),
            "coverage_90": float(found[np.arange(len(found)), rest[1].astype(int)].mean()),
            "size_90": float(found.sum(axis=1).mean()),
        }
    return made, facts


def _of_true(p: np.ndarray, codes: np.ndarray) -> np.ndarray:
    return of_each_class(p)[np.arange(len(codes)), codes.astype(int)]
