"""The statistics that protocol.yaml fixed, over the table of architectures.

Symbols: x a deviation, y log test MAE, z log parameters, each over the architectures of one data
set; a group is a family within an arm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.stats import rankdata

Name = TypeVar("Name")

DRAWS = 10_000
PERMUTATIONS = 2000
RIVALS = {
    "untrained": "untrained networks",
    "permuted": "permuted labels",
    "pairs": "`pairs` vectors",
    "rank": "effective rank",
}
POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its interval and one-sided p-value."""

    value: float
    low: float
    high: float
    p: float
    n: int  # architectures

    @classmethod
    def of(cls, value: float, draws: np.ndarray, n: int) -> Estimate:
        draws = draws[np.isfinite(draws)]
        if not len(draws) or not np.isfinite(value):
            return cls(float("nan"), float("nan"), float("nan"), 1.0, n)
        low, high = np.quantile(draws, [0.025, 0.975])
        p = (1 + (draws <= 0).sum()) / (1 + len(draws))
        return cls(value, float(low), float(high), float(p), n)

    @property
    def words(self) -> str:
        if not np.isfinite(self.value):
            return "–"
        return f"{self.value:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


def included(table: pd.DataFrame) -> pd.DataFrame:
    """Without excluded architectures and single-element networks."""
    return table[~table["excluded"] & ~table["single"]]


def partial_correlation(
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    group: np.ndarray,
    arm: np.ndarray,
    slope: np.ndarray | None = None,
    more: np.ndarray | None = None,
) -> np.ndarray:
    """Correlation of the ranks (within arms) after group means and z's ranks are regressed out.

    Args:
        x, y, z: (..., N), a row a draw; architectures where x or y is NaN are passed over.
        group, arm: (N,) whole numbers, the same for all draws; a group lies within one arm.
        slope: (N,), which architectures share a slope of z, whole groups; None is one slope for
            all, as the protocol has it.
        more: (..., N), whose ranks are regressed out as well.

    Returns:
        (...), NaN where fewer than eight architectures are left or x or y has nothing left.
    """
    known = np.isfinite(x) & np.isfinite(y)
    a, b, c, *others = (
        _centred(_ranks(v, known, arm), known, group)
        for v in (x, y, z, *(() if more is None else (more,)))
    )
    for one in (0,) if slope is None else np.unique(slope):
        # centred within groups, the parts of c that have slopes of their own are orthogonal
        part = c if slope is None else np.where(slope == one, c, 0)
        a, b, *others = (_without(v, part) for v in (a, b, *others))
    for other in others:
        a, b = (_without(v, other) for v in (a, b))
    size = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    usable = (known.sum(axis=-1) >= 8) & (size > 1e-9)
    return np.where(usable, (a * b).sum(axis=-1) / np.where(usable, size, 1), np.nan)


def slopes_of_parameters(boot: Bootstrap, data: str, column: str) -> list[float]:
    """In each arm, the slope of a column's ranks on those of log parameters within groups."""
    columns = boot.columns[data]
    known = np.isfinite(columns[column]) & np.isfinite(columns["log_mae"])
    y, z = (
        _centred(_ranks(v, known, boot.arm), known, boot.group)
        for v in (columns[column], np.log(columns["parameters"]))
    )
    arms = [boot.arm == arm for arm in np.unique(boot.arm)]
    return [float(y[arm] @ z[arm] / (z[arm] @ z[arm])) for arm in arms]


def _ranks(v: np.ndarray, known: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """Ranks among the known of each arm, to mean 0 and standard deviation 1; 0 for the others."""
    ranks = np.zeros(v.shape)
    for one in np.unique(arm):
        of_arm = arm == one
        there = known[..., of_arm]
        # the unknown rank last, so that they don't touch the ranks of the known
        r = rankdata(np.where(there, v[..., of_arm], np.inf), axis=-1)
        n = np.maximum(there.sum(axis=-1, keepdims=True), 1)
        r = np.where(there, r - (r * there).sum(axis=-1, keepdims=True) / n, 0)
        spread = np.sqrt((r * r).sum(axis=-1, keepdims=True) / n)
        ranks[..., of_arm] = r / np.where(spread > 0, spread, 1)
    return ranks


def _without(v: np.ndarray, part: np.ndarray) -> np.ndarray:
    """v (..., N) less its projection on a part."""
    size = (part * part).sum(axis=-1, keepdims=True)
    part, size = np.where(size > 1e-12, part, 0), np.where(size > 1e-12, size, 1)
    return np.asarray(v - part * (v * part).sum(axis=-1, keepdims=True) / size)


def _centred(v: np.ndarray, known: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Less the mean over the known of each group."""
    member = np.eye(group.max() + 1)[group]  # (N, groups)
    means = (v * known) @ member / np.maximum(known @ member, 1)
    return np.where(known, v - means[..., group], 0)


class Bootstrap:
    """Draws architectures within family and arm, the same for all data sets.

    Args:
        table: a row an architecture and data set.
        seed: of the draws.
        slope_by_arm: give log parameters a slope in each arm; the protocol has one for both.
    """

    def __init__(self, table: pd.DataFrame, seed: int = 0, slope_by_arm: bool = False) -> None:
        first = table.drop_duplicates("candidate").set_index("candidate").sort_index()
        group = pd.factorize(first["family"] + "/" + first["arm"])[0]
        # a group's architectures stand together, so that a place has one group in every draw
        order = np.argsort(group, kind="stable")
        first, self.group = first.iloc[order], group[order]
        self.names = list(first.index)
        self.arm = pd.factorize(first["arm"])[0]
        self.slope = self.arm if slope_by_arm else None
        place = {name: i for i, name in enumerate(self.names)}
        self.sets = list(dict.fromkeys(table["data"]))
        self.columns: dict[str, dict[str, np.ndarray]] = {}
        for data in self.sets:
            rows = table[table["data"] == data]
            index = rows["candidate"].map(place).to_numpy()
            self.columns[data] = {}
            for column in rows.select_dtypes("number").columns:
                values = np.full(len(self.names), np.nan)
                values[index] = rows[column].to_numpy(dtype=float)
                self.columns[data][column] = values
        rng = np.random.default_rng(seed)
        members = [np.flatnonzero(self.group == g) for g in np.unique(self.group)]
        self.draws = np.concatenate(
            [m[rng.integers(len(m), size=(DRAWS, len(m)))] for m in members], axis=1
        )

    @property
    def everything(self) -> np.ndarray:
        """The place of each architecture once."""
        return np.arange(len(self.names))

    def estimates(self, measure: Callable[[str, np.ndarray], np.ndarray]) -> dict[str, Estimate]:
        """A measure of (data set, places (..., N) of architectures), by data set and pooled."""
        values = np.array([float(measure(data, self.everything)) for data in self.sets])
        draws = np.stack([measure(data, self.draws) for data in self.sets], axis=1)
        counts = [int(np.isfinite(self.columns[data]["log_mae"]).sum()) for data in self.sets]
        found = {
            data: Estimate.of(values[i], draws[:, i], counts[i]) for i, data in enumerate(self.sets)
        }
        # a set where a measure does not exist (a rival without a band there) is left out
        there = np.isfinite(values)
        pooled = draws[:, there].mean(axis=1) if there.any() else np.array([])
        mean = float(values[there].mean()) if there.any() else float("nan")
        found[POOLED] = Estimate.of(mean, pooled, len(self.names))
        return found

    def correlation(
        self, data: str, places: np.ndarray, column: str, shuffled: np.ndarray | None = None
    ) -> np.ndarray:
        """H1's measure for one kind of deviation; taken from the places `shuffled` where given."""
        columns = self.columns[data]
        x = columns.get(column, np.full(len(self.names), np.nan))
        y, z = columns["log_mae"][places], np.log(columns["parameters"])[places]
        x = x[places if shuffled is None else shuffled]
        return partial_correlation(
            x,
            np.broadcast_to(y, x.shape),
            np.broadcast_to(z, x.shape),
            self.group,
            self.arm,
            self.slope,
        )


def h1(boot: Bootstrap) -> dict[str, Estimate]:
    return boot.estimates(lambda data, places: boot.correlation(data, places, "trained"))


def h3(boot: Bootstrap, rival: str) -> dict[str, Estimate]:
    """The trained deviation's measure less the rival's; `permuted` is compared in arm A alone."""

    def difference(data: str, places: np.ndarray) -> np.ndarray:
        trained = "trained"
        if rival == "permuted":
            columns = boot.columns[data]
            known = np.isfinite(columns.get(rival, np.full(len(boot.names), np.nan)))
            trained = "trained where permuted is known"
            columns[trained] = np.where(known, columns["trained"], np.nan)
        return boot.correlation(data, places, trained) - boot.correlation(data, places, rival)

    return boot.estimates(difference)


def worst_rival(rivals: Mapping[str, Mapping[str, Estimate]], data: str) -> tuple[str, Estimate]:
    """The rival that is hardest to beat, among those that have a value there."""
    there = [r for r in rivals if np.isfinite(rivals[r][data].value)]
    name = max(there, key=lambda r: rivals[r][data].p)
    return name, rivals[name][data]


def permutation_p(boot: Bootstrap) -> float:
    """Of the pooled value of H1, against deviations permuted within family and arm."""
    rng = np.random.default_rng(1)
    everything = boot.everything
    groups = [np.flatnonzero(boot.group == g) for g in np.unique(boot.group)]
    orders = np.concatenate(
        [np.array([rng.permutation(group) for _ in range(PERMUTATIONS)]) for group in groups],
        axis=1,
    )

    def pooled(shuffled: np.ndarray) -> np.ndarray:
        values = [boot.correlation(data, everything, "trained", shuffled) for data in boot.sets]
        return np.mean(values, axis=0)

    count = (pooled(orders) >= pooled(everything)).sum()
    return float((1 + count) / (1 + PERMUTATIONS))


def reliability(table: pd.DataFrame, column: str) -> float | None:
    """Share of the variance of seed means within groups that is not seed noise."""
    several = table[(table["seeds"] > 1) & table[f"{column}_sd"].notna()]
    if len(several) < 8:
        return None
    centred = several[column] - several.groupby(["family", "arm"])[column].transform("mean")
    freedom = len(several) - several.groupby(["family", "arm"]).ngroups
    total = float((centred**2).sum() / max(freedom, 1))
    noise = float((several[f"{column}_sd"] ** 2 / several["seeds"]).mean())
    return max(0.0, 1 - noise / total) if total > 0 else None


def holm(p: Mapping[Name, float], level: float = 0.05) -> dict[Name, bool]:
    """Which tests stand after Holm's correction."""
    stands: dict[Name, bool] = {}
    for place, (name, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        before = all(stands.values())
        stands[name] = before and value <= level / (len(p) - place)
    return stands
