"""Finalists: the best networks of a study trained again from several seeds, and what that tells.

The lowest of many validation errors is low partly by luck. So the best K are trained at full
budget from R further seeds, the same R for all: repetition r of every finalist sees the training
compounds in the same order with the same noise. Two finalists are compared by the differences of
their errors seed by seed; where the 95% interval of the mean difference (Student's t) holds 0,
they are tied. Of few seeds that is easily so, also of a network that is much worse; so the smallest
is preferred only of those whose mean difference from the best is within its standard error (the
one-standard-error rule of Breiman et al., 1984, on paired differences).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from fusionnas.errors import OptionError
from fusionnas.searching.jobs import Job
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.seeding import sub_seed

FOLDER = "finalists"
LEVEL = 0.95


def check_finalists(finalists: int, repeats: int) -> None:
    """Raise OptionError where the numbers make no sense."""
    if finalists < 0:
        raise OptionError(f"--finalists must not be negative, but got {finalists}.")
    if repeats < 2:
        raise OptionError(f"--repeats must be at least 2 for an interval, but got {repeats}.")


@dataclass(frozen=True, slots=True)
class Finalist:
    """What the repetitions of one network came to."""

    number: int  # of its trial
    line: str
    parameters: int
    maes: tuple[float, ...]  # validation MAE, by seed
    mean: float
    low: float  # 95% interval of the mean
    high: float
    tied: bool  # with the lowest mean, which is tied with itself
    preferred: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"maes": list(self.maes)}


class Finals:
    """The repetitions of a study: which are to be run, and which are there."""

    def __init__(self, folder: Path, finalists: int, repeats: int, master_seed: int) -> None:
        self.folder = folder
        self.finalists = finalists
        self.repeats = repeats
        self.master_seed = master_seed
        self.chosen: list[TrialRecord] | None = None
        self.waiting: list[Job] = []

    @property
    def due(self) -> int:
        """Repetitions that are not there yet, should there be enough trials for all finalists."""
        there = len(list(self.folder.glob(f"{FOLDER}/*/{RESULT}")))
        return max(0, self.finalists * self.repeats - there)

    def next(self, records: Sequence[TrialRecord]) -> Job | None:
        """A repetition to run; the first call chooses the finalists among the trials."""
        if self.chosen is None:
            self.chosen = best_trials(records, self.finalists)
            for seed in range(self.repeats):
                for record in self.chosen:
                    key = key_of(record.number, seed)
                    if read_result(self.folder / key) is None:
                        payload = {
                            "architecture": dict(record.architecture),
                            "seed": sub_seed(self.master_seed, "finalist", seed),
                        }
                        self.waiting.append(Job(key, payload))
        return self.waiting.pop(0) if self.waiting else None


def key_of(number: int, seed: int) -> str:
    """The key of a repetition, and its folder in the study."""
    return f"{FOLDER}/{number}-s{seed}"


def best_trials(records: Sequence[TrialRecord], count: int) -> list[TrialRecord]:
    """The finished networks with the lowest validation MAE."""
    usable = [r for r in records if r.state == "done" and not r.metrics.get("collapsed")]
    return sorted(usable, key=lambda r: (r.values[0], r.number))[:count]


def judge_finalists(
    folder: Path, records: Sequence[TrialRecord], finalists: int, repeats: int
) -> list[Finalist]:
    """Finalists by their mean error; one with a repetition that failed or is missing is left out.

    Args:
        folder: of the study.
        records: of its trials.
        finalists: how many were trained again.
        repeats: from how many seeds.
    """
    maes: dict[int, tuple[float, ...]] = {}
    chosen = {record.number: record for record in best_trials(records, finalists)}
    for number in chosen:
        results = [read_result(folder / key_of(number, seed)) for seed in range(repeats)]
        found = tuple(r["val_mae"] for r in results if r is not None and r["state"] == "done")
        if len(found) == repeats:
            maes[number] = found
    ranked = sorted(maes, key=lambda number: (float(np.mean(maes[number])), number))
    tied = {number for number in ranked if tie(maes[ranked[0]], maes[number])}
    sizes = {number: int(chosen[number].metrics["parameters"]) for number in ranked}
    close = [number for number in ranked if near(maes[ranked[0]], maes[number])]
    preferred = min(close, key=lambda n: (sizes[n], ranked.index(n)), default=None)
    return [
        Finalist(
            number, chosen[number].line, sizes[number], maes[number],
            float(np.mean(maes[number])), *interval(maes[number]),
            number in tied, number == preferred,
        )
        for number in ranked
    ]  # fmt: skip


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of the mean of a few values, by Student's t."""
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    return float(np.mean(values) - half), float(np.mean(values) + half)


def tie(best: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the mean of the differences, seed by seed, can't be told from 0."""
    differences = np.subtract(other, best)
    if np.ptp(differences) == 0:
        return bool(differences[0] == 0)
    low, high = interval(differences.tolist())
    return low <= 0 <= high


def near(best: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the mean of the differences is within its standard error; so they are tied too."""
    differences = np.subtract(other, best)
    return bool(np.mean(differences) <= stats.sem(differences))


def words(finalists: Sequence[Mapping[str, Any]], unit: str) -> str:
    """What the finalists came to, in a sentence."""
    best = finalists[0]
    preferred = next(f for f in finalists if f["preferred"])
    unit = f" {unit}" if unit else ""
    mean = f"{preferred['mean']:.4g}{unit} ({preferred['low']:.4g} to {preferred['high']:.4g})"
    ties = sum(f["tied"] for f in finalists) - 1
    seeds = len(best["maes"])
    told = f"Over {seeds} further seeds, trial {preferred['number']} has a mean MAE of {mean}"
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
