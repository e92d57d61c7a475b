"""The scores of all candidates, with the constraints that they must fulfil.

Symbols: N candidates, C constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.insight.suggestion.candidates import Candidates
from fusionnas.insight.suggestion.constraint import LEAST, Constraint
from fusionnas.insight.suggestion.wanted import WantedClass, WantedNumber
from fusionnas.models.predictor import Predictor

CHUNK = 5000  # candidates whose outlook is in memory at a time


@dataclass(frozen=True, slots=True)
class Scores:
    """What the models say about the candidates."""

    score: np.ndarray  # (N,), NaN where a constraint is hardly fulfilled
    promise: np.ndarray  # (N,), which orders candidates of equal score
    # (N,), to be better than the best known value, or to be of the wanted class
    chance: np.ndarray
    values: np.ndarray  # (C, N), of the property of each constraint, or chance of its class
    holds: np.ndarray  # (C, N), chance of fulfilling each constraint


def scored(
    wanted: WantedNumber | WantedClass,
    candidates: Candidates,
    others: Sequence[Predictor],
    limits: Sequence[Constraint],
) -> Scores:
    """The scores of all candidates.

    Args:
        wanted: gives the scores without constraints.
        candidates: candidates, whose tables are those of the wanted model and of `others`.
        others, limits: models of the constraints, and the constraints.
    """
    count = len(candidates.table)
    scores, promises, chances = np.empty((3, count))
    values, holds = np.empty((2, len(limits), count))
    for start in range(0, count, CHUNK):
        rows = np.arange(start, min(start + CHUNK, count))
        own, promises[rows], chances[rows] = wanted.score(candidates.table.take(rows))
        for place, (other, limit) in enumerate(zip(others, limits, strict=True)):
            found = other.mixture(candidates.tables[place + 1].take(rows))
            hold = found.value if other.classes else other.chance(found, (limit.low, limit.high))
            values[place, rows], holds[place, rows] = found.value, hold
            own = np.where(hold < LEAST, np.nan, own * hold if wanted.by_chance else own)
        scores[rows] = own
    return Scores(scores, promises, chances, values, holds)
