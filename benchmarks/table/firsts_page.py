"""The part of docs/table.md about what a search finds beyond its first trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.table.courses import EARLY, JUDGED, Courses, signed
from benchmarks.table.portfolio import portfolio_without
from benchmarks.table.replay import FIRST_ARMS
from fusionnas.networks.canonical import identity
from fusionnas.statistics.bootstrap import Interval, bootstrap_means, interval

ABOUT = """## What a search adds to its first trials

A search of the default space begins with a [portfolio](search.md#first-trials). Here the portfolio
is chosen without the data set on which it is judged, and the first trials are those of its
architectures that the table has, {count} on each data set. Then follow random networks and the
proposals of `adaptive`, or random networks only, {trials} trials in all from {seeds} seeds. Errors
on validation are in % above the table's best. The first trials are judged by the best of them on
validation. The last columns are the test error of the recommended network in % of that of the best
first trial, with its 95% bootstrap interval over seeds
(`python -m benchmarks.table.compare {version} firsts`).
"""
CHANCE = """
All networks of the table were trained once on each data set, so that a first trial with a lucky
test error can only lose. The test error falls where the gain on validation is larger than the
differences between trainings from other seeds.
"""


def about_firsts(sets: Sequence[Courses], titles: Mapping[str, str]) -> Iterator[str]:
    """A row for each data set and sampler; nothing before the replays were made."""
    if FIRST_ARMS[0].name not in sets[0].replays:
        return
    counts = sorted({len(_firsts(one)) for one in sets})
    seeds = len(sets[0].replays[FIRST_ARMS[0].name])
    yield ABOUT.format(
        version=sets[0].table.protocol.version,
        count=" or ".join(map(str, counts)),
        trials=JUDGED,
        seeds=seeds,
    )
    yield (
        f"| data set | then | first trials alone | after {EARLY} trials | after {JUDGED} | "
        f"searches with a better network after {EARLY} | test MAE, {EARLY} trials (%) | "
        f"test MAE, {JUDGED} trials (%) |"
    )
    yield "|---|---|" + "---:|" * 6
    for one in sets:
        for arm in FIRST_ARMS:
            yield _row(one, titles[one.table.data], arm.name, arm.sampler)
    yield CHANCE


def _firsts(one: Courses) -> list[Mapping[str, Any]]:
    """The trainings of the first trials."""
    chosen = portfolio_without(one.table.protocol.version, one.table.data)
    return [one.table.members[identity(a)] for a in chosen]


def _row(one: Courses, title: str, arm: str, sampler: str) -> str:
    best = min(_firsts(one), key=lambda record: float(record["val_mae"]))
    ends = np.array([EARLY, JUDGED])
    found = one.along(arm, "best", "trials", ends)
    gains = 100 * (one.along(arm, "test", "trials", ends) / best["test_mae"] - 1)
    regrets = 100 * (np.array([best["val_mae"], *found.mean(axis=0)]) / one.lowest - 1)
    better = (found[:, 0] < best["val_mae"] - 1e-5).mean()  # a course has five digits
    cells = [f"{abs(regret):.2f}" for regret in regrets]
    tests = [_told(column) for column in gains.T]
    return f"| {title} | `{sampler}` | {' | '.join([*cells, f'{better:.0%}', *tests])} |"


def _told(gains: np.ndarray) -> str:
    around: Interval = interval(bootstrap_means(gains[None], seed=0)[:, 0])
    return f"{signed(float(gains.mean()))} ({signed(around.low)} to {signed(around.high)})"
