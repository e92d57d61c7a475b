"""What the trainings of a version of the table have in common, and where their results are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from fusionnas.errors import OptionError
from fusionnas.files.yaml_file import read_yaml
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space

HERE = Path(__file__).parent
VERSIONS = tuple(sorted(path.parent.name for path in HERE.glob("v*/protocol.yaml")))


@dataclass(frozen=True, slots=True)
class Sample:
    """What is drawn of a data set, and how long networks are trained on it."""

    rows: tuple[int, int, int]  # at most, of the training, validation and test part
    epochs: int


@dataclass(frozen=True)  # without slots, since cached properties need a place
class Protocol:
    """A version of the table; its folder has protocol.yaml, space.yaml and results."""

    version: str
    sets: Mapping[str, Sample]
    pooled: bool  # training and validation rows are drawn from both parts together
    recipe: str
    rungs: tuple[int, ...]  # a network is looked at after these parts of its training
    probe: str
    described: bool  # each look has `described.describe` of the network

    @classmethod
    @cache
    def read(cls, version: str) -> Protocol:
        plain: dict[str, Any] = dict(read_yaml(HERE / version / "protocol.yaml", OptionError))
        del plain["references"]  # the product's own, written there for readers
        plain["rungs"] = tuple(plain["rungs"])
        plain["sets"] = {
            name: Sample(tuple(one["rows"]), one["epochs"]) for name, one in plain["sets"].items()
        }
        return cls(version, **plain)

    @property
    def space_file(self) -> Path:
        return HERE / self.version / "space.yaml"

    @property
    def results(self) -> Path:
        return HERE / self.version / "results"

    @cached_property
    def space(self) -> SearchSpace:
        return load_space(str(self.space_file))

    def rung_epochs(self, data: str) -> tuple[int, ...]:
        return tuple(self.sets[data].epochs // part for part in self.rungs)
