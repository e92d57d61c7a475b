"""Chooses the next proposer: a Bernoulli bandit over the wins of the proposers.

A proposal wins if its trial improved the front or the lowest error (`improvements`). The win rate
of each proposer has a Beta distribution. A rate is drawn for each proposer, and the proposer with
the highest rate is asked (Thompson sampling). Earlier proposals have less weight, so that a
proposer that has stopped helping is asked less. Each proposer has a minimum probability, so that
one that begins to help is noticed. Everything is computed from the records and a random generator
made for the proposal, so a resumed search makes the same choices as an uninterrupted one.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence

import numpy as np

from fusionnas.searching.records import TrialRecord
from fusionnas.searching.trial_result import OPEN, UNCOUNTED, TrialState

FLOOR = 0.05  # lowest probability of each proposer, whatever it has won
DISCOUNT = 0.97  # factor on the weight of a win or a loss for each later proposal
PRIOR_PROPOSALS = 10  # number of proposals that the expected win rate counts as


def improvements(records: Sequence[TrialRecord]) -> set[int]:
    """Numbers of the trials that improved on all trials before them, ordered by number.

    A trial improved on them if it had the lowest error, or if it enlarged the hypervolume that the
    front dominates. Only the part below the medians of the objectives counts, so that networks that
    are good in one objective and poor in another gain nothing.
    """
    found: set[int] = set()
    front: list[tuple[float, ...]] = []
    ordered: list[list[float]] = []  # the values of each objective
    for record in records:
        if not record.usable or record.state != TrialState.DONE:
            continue
        values = record.values
        ordered = ordered or [[] for _ in values]
        lowest = not ordered[0] or values[0] < ordered[0][0]
        for one, value in zip(ordered, values, strict=True):
            insort(one, value)
        middle = [one[len(one) // 2] for one in ordered]
        inside = all(value < limit for value, limit in zip(values, middle, strict=True))
        if any(all(a <= b for a, b in zip(other, values, strict=True)) for other in front):
            continue
        front = [other for other in front if any(a < b for a, b in zip(other, values, strict=True))]
        front.append(values)
        if lowest or inside:
            found.add(record.number)
    return found


def order(
    records: Sequence[TrialRecord], expected: Mapping[str, float], rng: np.random.Generator
) -> list[str]:
    """The proposers in the order of asking: the chosen one first, then those to ask in its place.

    Args:
        records: trials of the study.
        expected: win rate of each proposer before the study has any results.
        rng: random generator that decides.
    """
    names = list(expected)
    beliefs = {
        name: PRIOR_PROPOSALS * np.array([rate, 1 - rate]) for name, rate in expected.items()
    }
    for age, (name, won) in enumerate(reversed(proposer_outcomes(records))):
        if name in beliefs:
            beliefs[name][0 if won else 1] += DISCOUNT**age
    rates = {name: rng.beta(*beliefs[name]) for name in names}
    ranked = sorted(names, key=lambda name: -rates[name])
    if rng.random() < FLOOR * len(names):
        first = names[int(rng.integers(len(names)))]
        ranked = [first, *(name for name in ranked if name != first)]
    return ranked


def proposer_outcomes(records: Sequence[TrialRecord]) -> list[tuple[str, bool]]:
    """The proposer of each ended trial, and whether the trial improved on those before it."""
    wins = improvements(records)
    return [
        (record.proposer, record.number in wins)
        for record in records
        if record.proposer and record.state not in (*OPEN, *UNCOUNTED)
    ]
