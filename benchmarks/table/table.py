"""The table as trainings that a search can ask for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table.protocol import Protocol
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.errors import CECVError
from fusionnas.networks.canonical import identity
from fusionnas.search_space.members import members
from fusionnas.searching.references import ARCHITECTURES
from fusionnas.searching.trial_result import is_usable


def records(protocol: Protocol, data: str) -> Iterator[dict[str, Any]]:
    """Finished trainings of a data set; a line that a cut-off left incomplete is passed over."""
    packed, plain = _files(protocol, data)
    texts = gzip.decompress(packed.read_bytes()).decode() if packed.is_file() else ""
    texts += plain.read_text(encoding="utf-8") if plain.is_file() else ""
    for text in texts.splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            continue


def pack(protocol: Protocol, data: str) -> None:
    """Put the lines of a data set into one compressed file; equal lines make equal files."""
    packed, plain = _files(protocol, data)
    lines = sorted(json.dumps(record) for record in records(protocol, data))
    text = "".join(f"{line}\n" for line in lines).encode()
    packed.write_bytes(gzip.compress(text, mtime=0))
    plain.unlink(missing_ok=True)


def _files(protocol: Protocol, data: str) -> tuple[Path, Path]:
    """The compressed file that is kept, and the lines that are not in it yet."""
    return protocol.results / f"{data}.jsonl.gz", protocol.results / f"{data}.jsonl"


@dataclass(frozen=True)  # without slots, since cached properties need a place
class Table:
    """All trainings of one data set."""

    protocol: Protocol
    data: str
    members: Mapping[str, Mapping[str, Any]]  # by identity, from the first seed
    again: Mapping[str, Mapping[str, Any]]  # the best ones from a second seed
    references: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, protocol: Protocol, data: str) -> Table:
        found = list(records(protocol, data))
        members = [r for r in found if r["kind"] == "member"]
        return cls(
            protocol,
            data,
            {r["name"]: r for r in members if r["seed"] == 0},
            {r["name"]: r for r in members if r["seed"] == 1},
            tuple(r for r in found if r["kind"] == "reference" and r["state"] == "done"),
        )

    @cached_property
    def whole(self) -> bool:
        """Whether every member of the space was trained."""
        return all(identity(one) in self.members for one in members(self.protocol.space))

    @cached_property
    def band(self) -> TargetBand | None:
        """Of the trained references."""
        return self._band(lambda record: record["cecv"])

    @cached_property
    def untrained_band(self) -> TargetBand | None:
        return self._band(lambda record: record["cecv_untrained"])

    @cached_property
    def rung_bands(self) -> tuple[TargetBand | None, ...]:
        count = len(self.references[0]["rungs"])
        return tuple(self._band(lambda r, at=at: r["rungs"][at]["cecv"]) for at in range(count))

    @cached_property
    def done(self) -> list[Mapping[str, Any]]:
        """Members that learned something, by validation MAE."""
        usable = filter(is_usable, self.members.values())
        return sorted(usable, key=lambda record: float(record["val_mae"]))

    @cached_property
    def deviations(self) -> Mapping[str, float]:
        """The CECV deviation of each member that is done."""
        assert self.band is not None
        return {
            r["name"]: self.band.score_vector(Cecv.from_dict(r["cecv"]), r["width"]).deviation
            for r in self.done
        }

    @cached_property
    def box(self) -> np.ndarray:
        """Corners (2, 2) of the hypervolume: the best, and the 90th percentile, of both values."""
        points = np.array([(r["val_mae"], self.deviations[r["name"]]) for r in self.done])
        return np.array([points.min(axis=0), np.percentile(points, 90, axis=0)])

    def _band(self, vector_of: Any) -> TargetBand | None:
        sides = {name: side for side, name in ARCHITECTURES.items()}
        made = []
        for record in self.references:
            name = record["name"].removeprefix("references/").rsplit("-w", 1)[0]
            vector = Cecv.from_dict(vector_of(record))
            made.append(Reference(sides[name], record["width"], record["seed"], vector))
        try:
            band = TargetBand.of(made)
        except CECVError:
            return None
        return band if band.exists else None
