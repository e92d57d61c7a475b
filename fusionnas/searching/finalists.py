"""Finalists: which network of the final training is recommended, and which are tied with it.

In repetition r all finalists see the training compounds in the same order with the same noise. So
two finalists are compared by the differences of their errors, repetition by repetition. If the 95%
interval of the mean difference (Student's t) contains 0, they are tied. With few repetitions this
happens easily, even for a network that is much worse. So the smallest network is preferred only
among those whose mean difference from the best is within its standard error (the one-standard-error
rule of Breiman et al., 1984, on paired differences).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from fusionnas.searching.final_training import FinalTraining, final_trainings
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.selection import recommended
from fusionnas.searching.trial_result import UNRESOLVED

LEVEL = 0.95
RULE = "smallest finalist within a standard error of the lowest mean"  # rule for recommending
OF_ONE = "finalist with the lowest validation error"  # the rule after one repetition


@dataclass(frozen=True, slots=True)
class Finalist:
    """The results of all repetitions of one network."""

    number: int  # number of its trial
    line: str
    parameters: int
    maes: tuple[float, ...]  # validation error of each repetition
    mean: float
    low: float  # 95% interval of the mean
    high: float
    tied: bool  # with the lowest mean; the lowest is tied with itself
    preferred: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"maes": list(self.maes)}


def judge_finalists(
    trainings: Sequence[FinalTraining], records: Sequence[TrialRecord]
) -> list[Finalist]:
    """Compare finalists by their mean error over the repetitions that all of them have.

    A network whose elements cannot be told apart is a good member of an ensemble, but it has no
    clusters to be explained by, so it is not recommended.

    Args:
        trainings: the final trainings that ended well.
        records: records of the study's trials.
    """
    by_number: dict[int, dict[tuple[int, int], float]] = {}
    known = {record.number: record for record in records}
    for training in trainings:
        if training.number in known and not training.result.get(UNRESOLVED):
            mine = by_number.setdefault(training.number, {})
            mine[training.repetition] = training.error
    maes = _common(by_number)
    ranked = sorted(maes, key=lambda number: (float(np.mean(maes[number])), number))
    tied = {number for number in ranked if tie(maes[ranked[0]], maes[number])}
    sizes = {number: int(known[number].metrics["parameters"]) for number in ranked}
    close = [number for number in ranked if near(maes[ranked[0]], maes[number])]
    preferred = min(close, key=lambda n: (sizes[n], ranked.index(n)), default=None)
    return [
        Finalist(
            number,
            known[number].line,
            sizes[number],
            maes[number],
            float(np.mean(maes[number])),
            *interval(maes[number]),
            number in tied,
            number == preferred,
        )
        for number in ranked
    ]


def _common(
    by_number: Mapping[int, Mapping[tuple[int, int], float]],
) -> dict[int, tuple[float, ...]]:
    """The errors of the repetitions that all networks have that have the commonest repetition.

    That is the first one, unless a run with another quality has repeated only a part of it with
    another number of epochs.
    """
    counts = Counter(one for errors in by_number.values() for one in errors)
    if not counts:
        return {}
    first = min(counts, key=lambda one: (-counts[one], one))
    kept = {number: errors for number, errors in by_number.items() if first in errors}
    shared = sorted(set.intersection(*(set(errors) for errors in kept.values())))
    return {n: tuple(errors[one] for one in shared) for n, errors in kept.items()}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of the mean of a few values (Student's t); for one value just the value."""
    if len(values) == 1:
        return values[0], values[0]
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    return float(np.mean(values) - half), float(np.mean(values) + half)


def tie(best: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the mean of the paired differences cannot be distinguished from 0."""
    differences = np.subtract(other, best)
    if np.ptp(differences) == 0:
        return bool(differences[0] == 0)
    low, high = interval(differences.tolist())
    return low <= 0 <= high


def near(best: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the mean of the paired differences is within its standard error."""
    differences = np.subtract(other, best)
    error = stats.sem(differences) if len(differences) > 1 else 0.0
    return bool(np.mean(differences) <= error)


def rule(finalists: Sequence[Finalist]) -> str:
    """The rule that recommended one of them."""
    return RULE if len(finalists[0].maes) > 1 else OF_ONE


def words(finalists: Sequence[Mapping[str, Any]], unit: str, error: str = "MAE") -> str:
    """The results of the finalists in one sentence; `error` is the label of the task's error."""
    best = finalists[0]
    preferred = next(f for f in finalists if f["preferred"])
    unit = f" {unit}" if unit else ""
    mean = f"{preferred['mean']:.4g}{unit}"
    if preferred["high"] > preferred["low"]:
        mean += f" ({preferred['low']:.4g} to {preferred['high']:.4g})"
    ties = sum(f["tied"] for f in finalists) - 1
    count = len(best["maes"])
    if count == 1:  # nothing tells how much another seed would change it
        lowest = ", the lowest" if len(finalists) > 1 else "; it was the only finalist"
        return (
            f"One further training of each finalist: trial {preferred['number']} has a validation "
            f"{error} of {mean}{lowest}."
        )
    told = (
        f"{count} further trainings of each finalist: trial {preferred['number']} has a mean "
        f"{error} of {mean}"
    )
    if preferred["number"] != best["number"]:
        told += (
            f", within a standard error of the lowest ({best['mean']:.4g}), and is the smallest "
            "network of which that holds"
        )
    if len(finalists) == 1:
        return f"{told}; it was the only finalist."
    if not ties:
        return f"{told}; no other finalist is tied with the lowest."
    return f"{told}; {ties} {'other is' if ties == 1 else 'others are'} tied with the lowest."


def recommend(
    folder: Path, records: Sequence[TrialRecord]
) -> tuple[TrialRecord | None, list[Finalist]]:
    """The trial whose architecture is recommended, and the finalists if there are any.

    It is the preferred finalist. Without finalists it is the lowest validation error on the front,
    or None if no trial learned anything. Where time was short, the best network may have no final
    training, or a shorter one that is compared with no other. If its error is lower than that of
    the preferred finalist all the same, it is recommended, and there are no finalists.

    Args:
        folder: folder of the study.
        records: records of its trials.
    """
    trainings = final_trainings(folder)
    finalists = judge_finalists(trainings, records)
    lowest = recommended(records)
    preferred = next((one for one in finalists if one.preferred), None)
    if preferred is None:
        return lowest, finalists
    known = {record.number: record for record in records}
    compared = {finalist.number for finalist in finalists}
    others = [] if lowest is None else [(lowest.values[0], lowest.number)]
    others += [
        (one.error, one.number)
        for one in trainings
        if one.number in known and not one.result.get(UNRESOLVED)
    ]
    apart = (other for other in others if other[1] not in compared)
    best, number = min(apart, default=(math.inf, -1))
    if best < preferred.mean:
        return known[number], []
    return known[preferred.number], finalists
