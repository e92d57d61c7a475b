"""The section of docs/table.md on cheap looks: what each says of the final error, and its cost."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import stats
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.table.looks import UNTRAINED, looks_file
from benchmarks.table.protocol import Protocol
from benchmarks.table.proxies import PROXIES
from benchmarks.table.ranks import partial_correlation
from benchmarks.table.table import Table
from fusionnas.files.ledger import Ledger
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.searching.rungs import ETA
from fusionnas.searching.trial_result import is_usable

PENALTIES = np.logspace(-2, 3, 11)
DRAWS = 1000  # of the bootstrap, and of simulated searches
CORRELATION = "rank correlation with the final error"
AT_EQUAL_COST = "best error at equal cost (%)"
SIZE = "parameters"
SPENT = 11  # whole trainings that a simulated search may spend
CONCLUSION = """\
- A short training with its own schedule tells more than a training of the same length that was
  interrupted: 0.89 against 0.64 at a third, 0.83 against 0.74 at a ninth. An interrupted training
  is looked at while its learning rate is high.
- The learning curve recovers a part of this for an interrupted training, which can go on.
- Fewer rows with all epochs tell as much as fewer epochs with all rows, at the same cost.
- In the simulated random searches every look but one came nearer to the best than whole trainings
  did. The cheapest came nearest, and no training clearly nearer than the number of parameters,
  which costs nothing. A sampler learns from its first trials that larger networks are better here:
  `adaptive` ends 0.17% above the table's best. So no look is part of the default search, and rungs
  stay a choice.
- The number of clusters of the untrained CECV points the wrong way here: it falls with the size of
  a network, and knows nothing beyond it.
"""
NARROWER = "Fewer channels thus save little and tell less than a short training."
Scores = Mapping[str, float]  # by member; lower is better


@dataclass(frozen=True, slots=True)
class Way:
    """A way to look: the scores of members in each data set, and its cost in whole trainings."""

    name: str
    cost: float
    scores: Mapping[str, Scores]  # by data set


def seen(record: Mapping[str, Any], epochs: int) -> np.ndarray:
    """Features of a training interrupted after some epochs: its curve so far, and its size."""
    curve = np.log(np.array(record["val_maes"][:epochs], dtype=float))
    lowest = np.minimum.accumulate(curve)
    return np.array([curve[-1], lowest[-1], curve[-1] - curve[0], np.log(record["parameters"])])


def foretold(tables: Sequence[Table], rung: int) -> Mapping[str, Scores]:
    """Final errors foretold from the learning curve; learned from the other data sets."""
    found = {}

    def until(table: Table) -> int:
        return table.protocol.rung_epochs(table.data)[rung]

    for own in tables:
        rows, finals = [], []
        for other in tables:
            if other is not own:
                errors = np.log([r["val_mae"] for r in other.done])
                features = np.array([seen(r, until(other)) for r in other.done])
                rows.append(features - features.mean(axis=0))
                finals.append(errors - errors.mean())
        model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
        model.fit(np.concatenate(rows), np.concatenate(finals))
        features = np.array([seen(r, until(own)) for r in own.done])
        told = model.predict(features - features.mean(axis=0))
        names = [r["name"] for r in own.done]
        found[own.data] = dict(zip(names, told.tolist(), strict=True))
    return found


def ways(protocol: Protocol, tables: Sequence[Table]) -> Iterator[Way]:
    """All looks, the dear ones first; of members that every way knows."""
    looks: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for record in Ledger(looks_file(protocol)):
        looks.setdefault((record["data"], record["way"]), {})[record["name"]] = record

    def of(read: Callable[[Mapping[str, Any]], float], way: str | None = None) -> Any:
        """A number of each member's record, or of its look."""
        return {
            t.data: {
                r["name"]: read(r if way is None else looks[t.data, way][r["name"]])
                for r in t.done
                if way is None or r["name"] in looks.get((t.data, way), {})
            }
            for t in tables
        }

    for at, part in reversed(list(enumerate(protocol.rungs))):
        share, words = 1 / part, {3: "a third", 9: "a ninth"}[part]
        yield Way(f"interrupted at {words}", share, of(partial(_lowest, at)))
        yield Way(f"learning curve until {words}", share, foretold(tables, at))
        yield Way(f"own schedule, {words}", share, of(_error, f"own schedule, {words}"))
    yield Way("a third of the rows", 1 / 3, of(_error, "a third of the rows"))
    yield Way(SIZE, 0.0, of(lambda r: -float(r["parameters"])))
    for name in (*PROXIES, "clusters"):
        yield Way(name, 0.0, of(partial(_value, name), UNTRAINED))


def _error(record: Mapping[str, Any]) -> float:
    return float("inf") if record["val_mae"] is None else float(record["val_mae"])


def _lowest(rung: int, record: Mapping[str, Any]) -> float:
    return float(record["rungs"][rung]["val_mae"])


def _value(proxy: str, look: Mapping[str, Any]) -> float:
    """Of an untrained network; the larger, the better it is said to be."""
    return -float(look["values"][proxy])


class Comparison:
    """All ways on the members that all of them know."""

    def __init__(self, protocol: Protocol) -> None:
        tables = [Table.read(protocol, data) for data in protocol.sets]
        self.ways = list(ways(protocol, tables))
        self.finals: dict[str, np.ndarray] = {}
        self.scores: dict[str, dict[str, np.ndarray]] = {way.name: {} for way in self.ways}
        for table in tables:
            known = set.intersection(*(set(way.scores[table.data]) for way in self.ways))
            names = sorted(known)
            final = {r["name"]: float(r["val_mae"]) for r in table.done}
            self.finals[table.data] = np.array([final[name] for name in names])
            for way in self.ways:
                own = way.scores[table.data]
                self.scores[way.name][table.data] = np.array([own[name] for name in names])

    def correlation(self, way: str, rows: Mapping[str, np.ndarray] | None = None) -> float:
        """Mean over data sets of the rank correlation with the final error."""
        found = []
        for data, final in self.finals.items():
            chosen = slice(None) if rows is None else rows[data]
            found.append(stats.spearmanr(self.scores[way][data][chosen], final[chosen]).statistic)
        return float(np.mean(found))

    def beyond_size(self, way: str) -> float:
        """The same, with the number of parameters given."""
        found = [
            partial_correlation(self.scores[way][data], final, self.scores[SIZE][data])
            for data, final in self.finals.items()
        ]
        return float(np.mean(found))

    def interval(self, way: str) -> tuple[float, float]:
        """95% bootstrap interval of `correlation`, members drawn with replacement."""
        rng = np.random.default_rng(0)
        drawn = []
        for _ in range(DRAWS):
            rows = {d: rng.integers(0, len(f), len(f)) for d, f in self.finals.items()}
            drawn.append(self.correlation(way, rows))
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(low), float(high)

    def search(self, way: Way | None) -> float:
        """Final error above the best (%) of random searches that spend `SPENT` whole trainings.

        Each looks at members in random order and trains the best third to the end; without a way
        it trains all that it looks at. An interrupted training goes on where it stopped.
        """
        rng = np.random.default_rng(0)
        excess = []
        for _ in range(DRAWS):
            for data, final in self.finals.items():
                order = rng.permutation(len(final))
                if way is None:
                    chosen = order[:SPENT]
                else:
                    goes_on = way.name.startswith(("interrupted", "learning"))
                    price = way.cost + (1 - way.cost * goes_on) / ETA
                    looked = order[: round(SPENT / price)]
                    scores = self.scores[way.name][data][looked]
                    best = np.argsort(scores, kind="stable")[: max(1, round(len(looked) / ETA))]
                    chosen = looked[best]
                excess.append(100 * (final[chosen].min() / final.min() - 1))
        return float(np.mean(excess))


def narrower(tables: Sequence[Table]) -> Iterator[str]:
    """Fewer channels as a look: the widest members beside the same architectures at less width."""
    low, wide = tables[0].protocol.space.widths
    widest = [[r for r in t.done if r["width"] == wide] for t in tables]
    for width in sorted({r["width"] for t in tables for r in t.done if low <= r["width"] < wide}):
        found, costs, count = [], [], 0
        for table, records in zip(tables, widest, strict=True):
            pairs = []
            for record in records:
                narrow = Architecture.from_dict(record["architecture"]).with_width(width)
                other = table.members.get(identity(narrow))
                if other is not None and is_usable(other):
                    pairs.append((record, other))
            finals, looks = ([float(pair[side]["val_mae"]) for pair in pairs] for side in (0, 1))
            found.append(stats.spearmanr(finals, looks).statistic)
            costs += [other["train_seconds"] / own["train_seconds"] for own, other in pairs]
            count = len(pairs)
        yield (
            f"The same architecture with {width} instead of {wide} channels costs "
            f"{np.mean(costs):.2f} of a training; among the {count} members of {wide} channels its "
            f"error has a rank correlation of {np.mean(found):.2f} with theirs."
        )


def about_looks(protocol: Protocol) -> Iterator[str]:
    """Nothing where no looks were taken."""
    if not looks_file(protocol).is_file():
        return
    found = Comparison(protocol)
    counts = sorted({len(final) for final in found.finals.values()})
    words = " to ".join(f"{count}" for count in dict.fromkeys((counts[0], counts[-1])))
    heads = ("look", "cost (whole trainings)", CORRELATION, "parameters given", AT_EQUAL_COST)
    yield f"""## Cheaper looks

A search that judges networks by something cheaper than a whole training can see more of them. For
{words} random members of each data set the looks below were compared with the validation MAE of the
whole training (`python -m benchmarks.table.looks {protocol.version}`; 2 cores of an AMD EPYC, torch
2.13.0, in November 2026). *Own schedule* is a training with fewer epochs whose learning rate goes
through its whole cycle. The learning curve is read by a ridge regression that was learned from the
other data sets. The proxies without training are those of `benchmarks/table/proxies.py` and the
number of clusters of the untrained CECV.

The rank correlation is a mean over data sets with its 95% bootstrap interval. The last column
simulates random searches that spend {SPENT} whole trainings: they look at as many members as this
pays for, if the best third of them is then trained to the end. It says how far the best error is
above the lowest of the members. In this space larger networks are better, and the number of
parameters alone tells as much as a short training; the column before the last one says what a look
knows beyond it.

| {" | ".join(heads)} |
|---|---:|---:|---:|---:|"""
    yield f"| whole training | 1 | 1 | 1 | {found.search(None):.2f} |"
    for way in found.ways:
        low, high = found.interval(way.name)
        cost = f"{way.cost:.2f}" if way.cost else "about 0"
        yield (
            f"| {way.name} | {cost} | {found.correlation(way.name):.2f} ({low:.2f} to {high:.2f}) "
            f"| {'' if way.name == SIZE else f'{found.beyond_size(way.name):+.2f}'} "
            f"| {found.search(way):.2f} |"
        )
    yield ""
    told = " ".join(narrower([Table.read(protocol, data) for data in protocol.sets]))
    yield textwrap.fill(f"{told} {NARROWER}", 100) + "\n"
    yield CONCLUSION
