"""The errors of architectures that were trained under equal conditions, from all committed tables.

Two sources are put together:

- `v1`, `v2`: the trained architectures of this folder, whose versions have their own space, rows
  and epochs;
- `choices`: what benchmarks/accuracy/choices.py measured one by one, up to 14 networks on eight
  data sets, trainings of three seconds. They have what space.yaml lacks: message passing, gated
  mixers, three tables of element vectors, fractions without steps, the descriptor.

An error of one source says nothing beside one of the other: each is compared within its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy.choices import ARMS
from benchmarks.table.protocol import VERSIONS, Protocol
from benchmarks.table.table import Table
from fusionnas.files.ledger import Ledger
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical, identity
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space

CHOICES = Path(__file__).parents[1] / "results" / "choices.jsonl"


@dataclass(frozen=True, slots=True)
class Measured:
    """One data set of one source."""

    source: str  # a version of the table, or choices
    data: str
    space: SearchSpace  # that the architectures are from
    architectures: Mapping[str, Architecture]  # by identity
    errors: Mapping[str, float]  # ln(validation MAE), the mean over seeds, by identity


def measured() -> Iterator[Measured]:
    """All data sets, those of the tables first: of a table those that are whole."""
    for version in VERSIONS:
        yield from _of_table(Protocol.read(version))
    yield from _choices()


def _of_table(protocol: Protocol) -> Iterator[Measured]:
    for data in protocol.sets:
        table = Table.read(protocol, data)
        if not table.whole:  # what chance trained first says less
            continue
        done = table.done
        found = {str(r["name"]): Architecture.from_dict(r["architecture"]) for r in done}
        errors = {str(r["name"]): float(np.log(r["val_mae"])) for r in done}
        yield Measured(protocol.version, data, protocol.space, found, errors)


def _choices() -> Iterator[Measured]:
    space = load_space("default")
    arms = {name: canonical(Architecture.from_dict(plain)) for name, plain in ARMS.items()}
    by_data: dict[str, dict[str, list[float]]] = {}
    for record in Ledger(CHOICES):
        errors = by_data.setdefault(record["table"], {})
        errors.setdefault(record["arm"], []).append(float(np.log(record["val_mae"])))
    for data, errors in sorted(by_data.items()):
        yield Measured(
            "choices",
            data,
            space,
            {identity(arms[arm]): arms[arm] for arm in errors},
            {identity(arms[arm]): float(np.mean(values)) for arm, values in errors.items()},
        )
