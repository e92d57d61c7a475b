"""What replays came to: measures of each course, and paired differences between ways to search."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from benchmarks.table.compare import TRIALS, replays_file
from benchmarks.table.protocol import Protocol
from benchmarks.table.replay import ARMS
from benchmarks.table.table import Table
from fusionnas.statistics.bootstrap import Interval, bootstrap_means, interval

AGAINST = "tpe"
EARLY = 24  # trials of a search where nothing else is asked for
JUDGED = 60  # trials after which searches are compared
FEW = 10  # trials at the end of a replay that need not have trained a network
TOP = 3  # networks of the table that a search is to find one of


@dataclass(frozen=True)  # without slots, since cached properties need a place
class Courses:
    """All replays of one data set, arms by name and seeds in order."""

    table: Table
    replays: Mapping[str, list[Mapping[str, Any]]]

    @classmethod
    def read(cls, protocol: Protocol, data: str) -> Courses:
        found = json.loads(gzip.decompress(replays_file(protocol).read_bytes()))
        by_arm: dict[str, list[Mapping[str, Any]]] = {}
        for course in found:
            if course["data"] == data:
                by_arm.setdefault(course["arm"], []).append(course)
        return cls(Table.read(protocol, data), by_arm)

    @cached_property
    def lowest(self) -> float:
        """Validation MAE of the best network of the table."""
        return float(self.table.done[0]["val_mae"])

    def along(self, arm: str, what: str, by: str, grid: np.ndarray) -> np.ndarray:
        """A measure of each replay (seeds, grid) by trials or seconds; NaN before the first end."""
        rows = []
        for course in self.replays[arm]:
            at = np.searchsorted(course[by], grid, side="right") - 1
            values = np.array(course[what], dtype=float)
            rows.append(np.where(at >= 0, values[np.maximum(at, 0)], np.nan))
        return np.array(rows)

    def regret(self, arm: str, trials: int = JUDGED) -> np.ndarray:
        """How far the best validation MAE is above the table's, in % (seeds,).

        NaN if no search has so many trials.
        """
        if all(course["trials"][-1] < trials - FEW for course in self.replays[arm]):
            return np.full(len(self.replays[arm]), np.nan)
        return 100 * (self._after(arm, "best", trials) / self.lowest - 1)

    def test(self, arm: str) -> np.ndarray:
        """Test MAE of the recommended network, in % of the best network's (seeds,)."""
        return 100 * (self._after(arm, "test") / float(self.table.done[0]["test_mae"]) - 1)

    def retrained(self, arm: str) -> np.ndarray:
        """The same, of its training from another seed; NaN where the table has none."""
        by_test = {
            round(r["test_mae"], 5): r["name"]
            for r in self.table.members.values()
            if r["state"] == "done"
        }
        names = [by_test[value] for value in self._after(arm, "test")]
        found = [self.table.again.get(name, {}).get("test_mae", np.nan) for name in names]
        return 100 * (np.array(found, dtype=float) / float(self.table.done[0]["test_mae"]) - 1)

    def hypervolume(self, arm: str) -> np.ndarray:
        """Of validation MAE and deviation, % of the box (seeds,)."""
        return 100 * self._after(arm, "hypervolume")

    def trials_to_top(self, arm: str) -> np.ndarray:
        """Trials until one of the best networks was found; one more than `JUDGED` if later."""
        wanted = float(self.table.done[TOP - 1]["val_mae"]) + 1e-5
        firsts = []
        for course in self.replays[arm]:
            reached = np.flatnonzero(np.array(course["best"]) <= wanted)
            found = course["trials"][reached[0]] if len(reached) else JUDGED + 1
            firsts.append(min(found, JUDGED + 1))
        return np.array(firsts, dtype=float)

    def _after(self, arm: str, what: str, trials: int = JUDGED) -> np.ndarray:
        return self.along(arm, what, "trials", np.array([trials]))[:, 0]


Measure = Callable[[Courses, str], np.ndarray]
MEASURES: Mapping[str, tuple[str, Measure]] = {
    "regret": ("validation MAE above the table's best (%)", Courses.regret),
    "early": (f"the same after {EARLY} trials", partial(Courses.regret, trials=EARLY)),
    "late": (f"after {TRIALS} trials", partial(Courses.regret, trials=TRIALS)),
    "test": ("test MAE (%)", Courses.test),
    "retrained": ("test MAE, trained again (%)", Courses.retrained),
    "hypervolume": ("hypervolume (% of the box)", Courses.hypervolume),
    "trials": (f"trials to one of the {TOP} best", Courses.trials_to_top),
}


def mean_and_difference(
    sets: list[Courses], arm: str, measure: Measure, against: str = AGAINST
) -> tuple[float, float, Interval]:
    """Mean over seeds and data sets, and the mean paired difference with its 95% interval.

    A seed is the unit: its replays on several data sets are averaged first.
    """
    value = np.array([measure(one, arm) for one in sets])
    other = np.array([measure(one, against) for one in sets])
    seeds = min(value.shape[1], other.shape[1])
    gaps = value[:, :seeds] - other[:, :seeds]
    pairs = np.array([np.nanmean(one) for one in gaps.T if np.isfinite(one).any()])
    if not len(pairs):  # nothing was trained again
        return np.nan, np.nan, Interval(np.nan, np.nan)
    draws = bootstrap_means(pairs[None], seed=0)[:, 0]
    return float(np.nanmean(value)), float(pairs.mean()), interval(draws)


def arm_names() -> list[str]:
    return [arm.name for arm in ARMS]


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-0.00", "0.00").replace("+0.00", "0.00")
