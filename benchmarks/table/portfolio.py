"""Choose the portfolio of first trials: `python -m benchmarks.table.portfolio`.

Writes fusionnas/search_space/portfolio.json: architectures of the default space, chosen one by one
such that the mean regret of the best of them over all data sets of `benchmarks.table.measured`
falls the most. Regret is how far a validation MAE is above the lowest of the same data set and
source. A candidate that a data set was not measured with does nothing for it, and a data set with
none of the portfolio has the regret of its median candidate.

Candidates have the width 64, the largest that both sources have; a search trains them at the
largest width of its space, as it does with named architectures.

Prints what the portfolio is worth: the regret on each data set of a portfolio chosen without it (in
both sources), beside that of as many candidates drawn at random, and of the named architectures
that were the first trials before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from optuna.trial import FixedTrial

from benchmarks.table.measured import Measured, measured
from fusionnas.errors import ArchitectureError
from fusionnas.files.atomic import write_text
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.line import line
from fusionnas.networks.named import load_architecture
from fusionnas.search_space.portfolio import FILE
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space

WIDTH, SIZE, DRAWS = 64, 8, 2000
NAMED = (
    "message-passing",
    "gated-mixer",
    "ldcnn",
    "self-attention",
    "l-g-dcnn-v1",
    "l-g-dcnn",
    "dcnn",
    "lstm",
)


@dataclass(frozen=True, slots=True)
class Regrets:
    """How far candidates are above the best on one data set of one source."""

    source: str
    data: str
    by_name: Mapping[str, float]  # regret by identity, as a share

    @property
    def middle(self) -> float:
        return float(np.median(list(self.by_name.values())))

    def of(self, chosen: Sequence[str]) -> float:
        """Of the best of those that were chosen; the median where none was measured here."""
        found = [self.by_name[name] for name in chosen if name in self.by_name]
        return min(found, default=self.middle)


def regrets(one: Measured, candidates: Mapping[str, Architecture]) -> Regrets:
    lowest = min(one.errors.values())
    found = {n: float(np.expm1(e - lowest)) for n, e in one.errors.items() if n in candidates}
    return Regrets(one.source, one.data, found)


def greedy(sets: Sequence[Regrets], size: int = SIZE) -> list[str]:
    """Identities in the order of their choice; ends where another one gains nothing."""
    chosen: list[str] = []
    names = sorted({name for one in sets for name in one.by_name})
    worth = np.inf
    while len(chosen) < size:
        means = [np.mean([one.of([*chosen, name]) for one in sets]) for name in names]
        best = int(np.argmin(means))
        if means[best] >= worth - 1e-9:
            break
        worth = float(means[best])
        chosen.append(names[best])
    return chosen


def candidates(sets: Sequence[Measured], space: SearchSpace) -> dict[str, Architecture]:
    """What was measured at `WIDTH` and the space offers."""
    found = {}
    for one in sets:
        for name, architecture in one.architectures.items():
            if architecture.width == WIDTH and _offered(space, architecture):
                found[name] = architecture
    return found


def left_out(sets: Sequence[Regrets]) -> Iterator[tuple[Regrets, list[str]]]:
    """Each data set with the portfolio that was chosen without it."""
    for one in sets:
        yield one, greedy([other for other in sets if other.data != one.data])


@cache
def portfolio_without(version: str, data: str) -> tuple[Architecture, ...]:
    """Those of the portfolio chosen without a data set that a version of the table has."""
    tables = list(measured())
    offered = candidates(tables, load_space("default"))
    chosen = greedy([regrets(one, offered) for one in tables if one.data != data])
    of_table = next(one for one in tables if one.source == version)
    return tuple(of_table.architectures[name] for name in chosen if name in of_table.architectures)


def at_random(one: Regrets, count: int, rng: np.random.Generator) -> float:
    """Mean regret of the best of so many candidates that were measured here."""
    values = np.array(list(one.by_name.values()))
    count = min(count, len(values))
    return float(np.mean([rng.choice(values, count, replace=False).min() for _ in range(DRAWS)]))


def _offered(space: SearchSpace, architecture: Architecture) -> bool:
    try:
        return bool(space.parameters_of(architecture))
    except ArchitectureError:
        return False


def _as_proposed(space: SearchSpace, architecture: Architecture) -> str:
    """The identity of a published architecture with what the space fixes."""
    return identity(space.suggest(FixedTrial(space.parameters_of(architecture))))


def main() -> None:
    tables = list(measured())
    space = load_space("default")
    offered = candidates(tables, space)
    sets = [regrets(one, offered) for one in tables]
    chosen = greedy(sets)
    rows = [
        {"line": line(offered[name]), "architecture": offered[name].to_dict()} for name in chosen
    ]
    plain = {"made_by": "python -m benchmarks.table.portfolio", "architectures": rows}
    write_text(FILE, json.dumps(plain, indent=1) + "\n")
    for place in range(1, len(chosen) + 1):
        mean = np.mean([one.of(chosen[:place]) for one in sets])
        print(f"{place}  mean regret {mean:6.2%}  {rows[place - 1]['line']}")
    rng = np.random.default_rng(0)
    named = [_as_proposed(space, load_architecture(name).with_width(WIDTH)) for name in NAMED]
    print(f"\n{'source':8} {'data':28} without it   named  random  (measured of each)")
    found = []
    for one, without in left_out(sets):
        counts = [sum(name in one.by_name for name in names) for names in (without, named)]
        values = (one.of(without), one.of(named), at_random(one, max(1, counts[0]), rng))
        found.append(values)
        print(
            f"{one.source:8} {one.data:28} {values[0]:10.2%} {values[1]:7.2%} {values[2]:7.2%}"
            f"  ({counts[0]}, {counts[1]} of {len(one.by_name)})"
        )
    means = np.mean(found, axis=0)
    print(f"{'mean':37} {means[0]:10.2%} {means[1]:7.2%} {means[2]:7.2%}")


if __name__ == "__main__":
    main()
