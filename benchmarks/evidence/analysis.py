"""The statistics that protocol.yaml fixed, over the table of architectures.

Symbols: x a deviation, y log test MAE, z log parameters, each over the architectures of one data
set; a group is a family within an arm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

DRAWS = 10_000
PERMUTATIONS = 2000
RIVALS = {"untrained": "untrained networks", "permuted": "permuted labels",
          "pairs": "`pairs` vectors", "rank": "effective rank"}  # fmt: skip
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


def partial_correlation(x: np.ndarray, y: np.ndarray, z: np.ndarray, group: np.ndarray,
                        arm: np.ndarray) -> float:  # fmt: skip
    """Correlation of the ranks (within arms) after group means and z's ranks are regressed out."""
    if len(x) < 8:
        return float("nan")
    a, b, c = (_centred(_ranks(v, arm), group) for v in (x, y, z))
    if (size := c @ c) > 1e-12:
        a, b = a - c * (a @ c) / size, b - c * (b @ c) / size
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 1e-9 else float("nan")


def _ranks(v: np.ndarray, arm: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(v))
    for one in np.unique(arm):
        of_arm = arm == one
        r = rankdata(v[of_arm])
        ranks[of_arm] = (r - r.mean()) / (r.std() or 1)
    return ranks


def _centred(v: np.ndarray, group: np.ndarray) -> np.ndarray:
    totals = np.bincount(group, weights=v)
    return v - (totals / np.maximum(np.bincount(group), 1))[group]


class Bootstrap:
    """Draws architectures within family and arm, the same for all data sets."""

    def __init__(self, table: pd.DataFrame, seed: int = 0) -> None:
        self.names = sorted(table["candidate"].unique())
        place = {name: i for i, name in enumerate(self.names)}
        first = table.drop_duplicates("candidate").set_index("candidate").loc[self.names]
        self.group = pd.factorize(first["family"] + "/" + first["arm"])[0]
        self.arm = pd.factorize(first["arm"])[0]
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

    def estimates(self, measure: Callable[[str, np.ndarray], float]) -> dict[str, Estimate]:
        """A measure of (data set, places of architectures), for each data set and pooled."""
        everything = np.arange(len(self.names))
        values = np.array([measure(data, everything) for data in self.sets])
        draws = np.array([[measure(data, d) for data in self.sets] for d in self.draws])
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

    def correlation(self, data: str, places: np.ndarray, column: str) -> float:
        """H1's measure for one kind of deviation."""
        columns = self.columns[data]
        if column not in columns:
            return float("nan")
        x, y = columns[column][places], columns["log_mae"][places]
        known = np.isfinite(x) & np.isfinite(y)
        z = np.log(columns["parameters"][places][known])
        group = self.group[places][known]
        return partial_correlation(x[known], y[known], z, group, self.arm[places][known])


def h1(boot: Bootstrap) -> dict[str, Estimate]:
    return boot.estimates(lambda data, places: boot.correlation(data, places, "trained"))


def h3(boot: Bootstrap, rival: str) -> dict[str, Estimate]:
    """The trained deviation's measure less the rival's; `permuted` is compared in arm A alone."""

    def difference(data: str, places: np.ndarray) -> float:
        if rival == "permuted":
            known = np.isfinite(boot.columns[data].get(rival, np.full(len(boot.names), np.nan)))
            places = places[known[places]]
        return boot.correlation(data, places, "trained") - boot.correlation(data, places, rival)

    return boot.estimates(difference)


def worst_rival(rivals: Mapping[str, Mapping[str, Estimate]], data: str) -> tuple[str, Estimate]:
    """The rival that is hardest to beat, among those that have a value there."""
    there = [r for r in rivals if np.isfinite(rivals[r][data].value)]
    name = max(there, key=lambda r: rivals[r][data].p)
    return name, rivals[name][data]


def permutation_p(boot: Bootstrap) -> float:
    """Of the pooled value of H1, against deviations permuted within family and arm."""
    rng = np.random.default_rng(1)
    everything = np.arange(len(boot.names))
    observed = np.mean([boot.correlation(data, everything, "trained") for data in boot.sets])
    groups = [np.flatnonzero(boot.group == g) for g in np.unique(boot.group)]
    kept = {data: boot.columns[data]["trained"] for data in boot.sets}
    count = 0
    for _ in range(PERMUTATIONS):
        order = everything.copy()
        for group in groups:
            order[group] = rng.permutation(group)
        for data in boot.sets:
            boot.columns[data]["trained"] = kept[data][order]
        value = np.mean([boot.correlation(data, everything, "trained") for data in boot.sets])
        count += value >= observed
    for data in boot.sets:
        boot.columns[data]["trained"] = kept[data]
    return (1 + count) / (1 + PERMUTATIONS)


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


def holm(p: Mapping[str, float], level: float = 0.05) -> dict[str, bool]:
    """Which tests stand after Holm's correction."""
    stands: dict[str, bool] = {}
    for place, (name, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        before = all(stands.values())
        stands[name] = before and value <= level / (len(p) - place)
    return stands
