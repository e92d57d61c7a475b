"""Who proposes next: a Bernoulli bandit over the proposers' wins.

A proposal wins where its trial improved the front or the lowest error (`improvements`). Each
proposer's rate of wins has a Beta distribution; a rate is drawn for each, and the highest
proposes (Thompson sampling). Earlier proposals count less, so that one whose time is over stops,
and each has a floor, so that one whose time comes is heard. All of it is computed from the records
and a generator made for the proposal: a resumed search chooses as the uninterrupted one would have.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence

import numpy as np

from fusionnas.searching.records import TrialRecord
from fusionnas.searching.trial_result import OPEN, UNCOUNTED, TrialState

FLOOR = 0.05  # probability that each proposer has whatever it has won
DISCOUNT = 0.97  # of a win or a loss, for each proposal of any proposer after it
PRIOR_PROPOSALS = 10  # that the rate which is expected of a proposer counts as


def improvements(records: Sequence[TrialRecord]) -> set[int]:
    """Numbers of the trials that improved on all before them, by number.

    A trial improved where it had the lowest error, or where the front dominated more with it: the
    hypervolume below the medians of the objectives, so that networks which are good in one thing
    and poor in another count for nothing.
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
    """The proposers, the one whose turn it is first, then those to ask where it has nothing.

    Args:
        records: of the study.
        expected: each proposer's rate of wins before the study has shown any.
        rng: decides.
    """
    names = list(expected)
    beliefs = {
        name: PRIOR_PROPOSALS * np.array([rate, 1 - rate]) for name, rate in expected.items()
    }
    for age, (name, won) in enumerate(reversed(told(records))):
        if name in beliefs:
            beliefs[name][0 if won else 1] += DISCOUNT**age
    rates = {name: rng.beta(*beliefs[name]) for name in names}
    ranked = sorted(names, key=lambda name: -rates[name])
    if rng.random() < FLOOR * len(names):
        first = names[int(rng.integers(len(names)))]
        ranked = [first, *(name for name in ranked if name != first)]
    return ranked


def told(records: Sequence[TrialRecord]) -> list[tuple[str, bool]]:
    """The proposer of each trial that has ended, and whether the trial improved on those before."""
    wins = improvements(records)
    return [
        (record.proposer, record.number in wins)
        for record in records
        if record.proposer and record.state not in (*OPEN, *UNCOUNTED)
    ]
