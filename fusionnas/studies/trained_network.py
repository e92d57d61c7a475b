"""A trained network or an ensemble with its source: what it predicts, and which data it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.elements import SYMBOLS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError, ElementError, OptionError
from fusionnas.models.bundle import MANIFEST, Bundle
from fusionnas.models.contributions import shares_of
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import StudyFolder


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network or an ensemble that predicts, with its source."""

    name: str  # name for tables and plots
    predictor: Predictor
    path: Path | None = None  # path of its bundle
    study: StudyFolder | None = None  # the study that recommends it, if a study was named
    part: str | None = None  # the target or class that was named after a colon
    # conditions beside the formula of compositions without any; others are at the baseline
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.predictor.manifest

    @property
    def target(self) -> str:
        return str(self.manifest["target"])

    @property
    def unit(self) -> str:
        return self.predictor.unit

    @property
    def place(self) -> tuple[Path, str, int | None]:
        """What tells it apart from others that are named: its folder, and the target or class if it
        is one of several."""
        assert self.path is not None
        return self.path.resolve(), self.target, self.predictor.one_class

    @property
    def fingerprint(self) -> str | None:
        """Fingerprint of the data and split that it was trained on."""
        return self.manifest.get("data", {}).get("fingerprint")

    @property
    def beside_predictor(self) -> tuple[str, ...]:
        """A sentence if its study has a predictor, which `fusionnas predict` uses instead."""
        if self.study is None or not (self.study.predictor / MANIFEST).is_file():
            return ()
        return (
            f"{self.name} is the recommended network of its study; `predict` uses the study's "
            f"predictor, {self.study.predictor}.",
        )

    def check_covers(self, numbers: Sequence[int]) -> None:
        """Raise ElementError if an element has no vector in this network."""
        missing = [SYMBOLS[z] for z in numbers if not self.predictor.covered[z]]
        if missing:
            raise ElementError(f"The element vectors of '{self.name}' lack {', '.join(missing)}.")

    def check_all_classes(self, what: str) -> None:
        """Raise OptionError for the model of one class alone, where `what` needs all of them."""
        if self.predictor.one_class is not None:
            name, _, one = self.name.partition(":")
            raise OptionError(f"{what} needs all classes of '{name}': leave ':{one}' out.")

    @property
    def parameters(self) -> int:
        """Number of trainable parameters, over all networks of an ensemble."""
        networks = (m.network for m in self.predictor.members if isinstance(m, Bundle))
        return sum(network.parameter_count for network in networks)

    def predict(self, table: CompositionTable) -> Mixture:
        """The prediction for each composition, in the unit of the target."""
        return self.predictor.mixture(self.with_conditions(table))

    def with_conditions(self, table: CompositionTable) -> CompositionTable:
        """Compositions with the conditions that it reads, if they have none: `given`."""
        known = self.predictor.conditions
        if known is None or table.conditions is not None:
            return table
        return known.at(table, self.given)

    def shares(self, table: CompositionTable, numbers: Sequence[int]) -> np.ndarray:
        """The share of each element in each prediction, (N, elements); NaN if it is absent.

        As `Predictor.shares`: they add up to the prediction before it is raised to a lower bound.

        Args:
            table: compositions (N,).
            numbers: atomic numbers of the elements, in the order of the columns.
        """
        found = shares_of(self.predictor, self.with_conditions(table))
        out = np.full((len(table), len(numbers)), np.nan)
        rows = np.repeat(np.arange(len(table)), table.lengths)
        for column, z in enumerate(numbers):
            own = table.numbers == z
            out[rows[own], column] = found[own]
        return out


def check_same_property(networks: Sequence[TrainedNetwork]) -> None:
    """Raise BundleError if networks predict different properties, or use different units.

    A missing unit matches any unit. Networks of the same data match, whatever their target is
    called, unless they are those of different targets of several.
    """
    first = networks[0]
    for other in networks[1:]:
        same_data = first.fingerprint is not None and other.fingerprint == first.fingerprint
        if same_data and other.part == first.part:
            continue
        units = {network.unit for network in (first, other)} - {""}
        if other.target != first.target or len(units) > 1:
            told = " and ".join(
                f"'{n.name}' predicts {n.target}{f' in {n.unit}' if n.unit else ''}"
                for n in (first, other)
            )
            raise BundleError(f"Networks of different properties cannot be compared: {told}.")


def check_same_conditions(networks: Sequence[TrainedNetwork]) -> None:
    """Raise OptionError if networks do not read the same conditions beside the formula."""
    read = [() if (c := n.predictor.conditions) is None else c.names for n in networks]
    for network, names in zip(networks, read, strict=True):
        if names != read[0]:
            told = " and ".join(
                f"'{name}' reads {', '.join(those) or 'formulas alone'}"
                for name, those in ((networks[0].name, read[0]), (network.name, names))
            )
            raise OptionError(f"Networks that read other conditions cannot be compared: {told}.")
