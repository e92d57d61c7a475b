"""Known values: the value in the data is shown for a compound that the data contain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fusionnas.data.table import CompositionTable

PARTS = {"train": "training part", "val": "validation part", "test": "test part"}


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The values of compositions in a study's data."""

    values: Mapping[str, float]  # by formula in normal form, in the target's unit
    parts: Mapping[str, str]  # the part of the split that contains it
    source: str  # name of the data

    @classmethod
    def of(
        cls, formulas: Sequence[str], targets: Sequence[float], parts: Sequence[str], source: str
    ) -> KnownValues:
        """
        Args:
            formulas: formulas in normal form, each once.
            targets: their values.
            parts: part of each formula: train, val or test.
            source: name of the data.
        """
        values = dict(zip(formulas, map(float, targets), strict=True))
        return cls(values, dict(zip(formulas, parts, strict=True)), source)

    def columns(self, table: CompositionTable, classes: Sequence[str] = ()) -> dict[str, Any]:
        """`known` and `known_from` in words, for each composition.

        `known` is NaN if nothing is known. For a model of classes it is the name of the class, or
        empty.
        """
        formulas = table.formulas()
        known: list[Any] = [self.values.get(formula, float("nan")) for formula in formulas]
        if classes:
            known = ["" if math.isnan(value) else classes[int(value)] for value in known]
        return {
            "known": known,
            "known_from": [
                f"{self.source}, {PARTS[self.parts[formula]]}" if formula in self.parts else ""
                for formula in formulas
            ],
        }
