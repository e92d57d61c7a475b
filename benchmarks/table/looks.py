"""Cheap looks at the table's architectures: what they say of the final error, and what they cost.

`python -m benchmarks.table.looks v1 --data FOLDER [--members 60]` (FOLDER as for `run`)

Of each data set the same random members are trained in three cheaper ways, and their untrained
networks are described by what needs no training at all (`proxies`). Each is a line of
results/looks.jsonl of the version; the same command goes on where it was cut off. The other looks,
such as an interrupted training, are in the table already. `python -m benchmarks.table.page v1`
compares all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pending import run_pending
from benchmarks.table.measure import Laboratory, Run, member_run
from benchmarks.table.protocol import VERSIONS, Protocol, Sample
from benchmarks.table.proxies import proxies
from fusionnas.files.ledger import Ledger
from fusionnas.search_space.members import members

TRAININGS = ("own schedule, a ninth", "own schedule, a third", "a third of the rows")
UNTRAINED = "untrained"


def looks_file(protocol: Protocol) -> Path:
    return protocol.results / "looks.jsonl"


def cheaper(protocol: Protocol, way: str) -> Protocol:
    """The protocol of a way to look."""

    def sample(one: Sample) -> Sample:
        if way == "a third of the rows":
            training, validation, test = one.rows
            return replace(one, rows=(training // 3, validation, test))
        part = {"own schedule, a ninth": 9, "own schedule, a third": 3, UNTRAINED: 1}[way]
        return replace(one, epochs=one.epochs // part)

    return replace(protocol, sets={n: sample(s) for n, s in protocol.sets.items()}, rungs=())


@dataclass(frozen=True, slots=True)
class Look:
    run: Run
    way: str  # of TRAININGS, or UNTRAINED

    @property
    def key(self) -> str:
        return f"{self.run.data}/{self.way}/{self.run.name}"


def planned(protocol: Protocol, count: int) -> Iterator[Look]:
    """The cheap ways first, of the same members in all data sets."""
    space = list(members(protocol.space))
    chosen = np.random.default_rng(0).permutation(len(space))[:count]
    for way in (UNTRAINED, *TRAININGS):
        for place in chosen:
            for data in protocol.sets:
                yield Look(member_run(data, space[place], seed=0), way)


class Observatory:
    """A laboratory for each way to look, made when it is first needed."""

    def __init__(self, protocol: Protocol, folder: Path) -> None:
        self.protocol = protocol
        self.folder = folder
        self.laboratories: dict[str, Laboratory] = {}

    def look(self, look: Look) -> dict[str, Any]:
        if look.way not in self.laboratories:
            protocol = cheaper(self.protocol, look.way)
            self.laboratories[look.way] = Laboratory(protocol, self.folder)
        laboratory = self.laboratories[look.way]
        record = {"key": look.key, "data": look.run.data, "way": look.way, "name": look.run.name}
        if look.way == UNTRAINED:
            evaluator, *_ = laboratory.material(look.run.data)
            return record | proxies(evaluator, look.run.architecture, look.run.master_seed)
        found = laboratory.measure(look.run)
        return record | {key: found.get(key) for key in ("state", "val_mae", "train_seconds")}


_observatory: Observatory


def _start(protocol: Protocol, folder: Path) -> None:
    global _observatory
    _observatory = Observatory(protocol, folder)


def _look(look: Look) -> dict[str, Any]:
    return _observatory.look(look)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--members", type=int, default=60)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    protocol = Protocol.read(options.version)
    ledger = Ledger(looks_file(protocol))
    done = ledger.by_key()
    pending = [look for look in planned(protocol, options.members) if look.key not in done]
    print(f"{len(done)} looks done, {len(pending)} to do", flush=True)
    given = (protocol, options.data)
    run_pending(pending, _start, given, _look, lambda record: ledger, options.processes)


if __name__ == "__main__":
    main()
