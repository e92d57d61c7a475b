"""Values that are known already: a compound of the data is shown with what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fusionnas.data.table import CompositionTable

PARTS = {"train": "training part", "val": "validation part", "test": "test part"}


@dataclass(frozen=True, slots=True)
class KnownValues:
    """What a study's data say of compositions."""

    values: Mapping[str, float]  # by formula in its normal form, in the unit of the target
    parts: Mapping[str, str]  # which part of the split holds it
    source: str  # name of the data

    @classmethod
    def of(
        cls, formulas: Sequence[str], targets: Sequence[float], parts: Sequence[str], source: str
    ) -> KnownValues:
        """
        Args:
            formulas: in their normal form, each once.
            targets: their values.
            parts: train, val or test.
            source: name of the data.
        """
        values = dict(zip(formulas, map(float, targets), strict=True))
        return cls(values, dict(zip(formulas, parts, strict=True)), source)

    def columns(self, table: CompositionTable) -> dict[str, Any]:
        """`known`, NaN where nothing is known, and `known_from` in words, for each composition."""
        formulas = table.formulas()
        return {
            "known": [self.values.get(formula, float("nan")) for formula in formulas],
            "known_from": [
                f"{self.source}, {PARTS[self.parts[formula]]}" if formula in self.parts else ""
                for formula in formulas
            ],
        }
