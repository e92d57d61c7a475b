"""Known values: the value in the data is shown for a row that the data contain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fusionnas.data.conditions import Conditions
from fusionnas.data.table import CompositionTable

PARTS = {"train": "training part", "val": "validation part", "test": "test part"}


def keys(table: CompositionTable, conditions: Conditions | None = None) -> list[str]:
    """What names each row: its formula in normal form, and the cells of its conditions."""
    formulas = table.formulas()
    if conditions is None or table.conditions is None:
        return formulas
    cells = conditions.decode(table.conditions).values()
    return [str(row) for row in zip(formulas, *cells, strict=True)]


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The values of rows in a study's data; `keys` names a row."""

    values: Mapping[str, float]  # by key, in the target's unit
    parts: Mapping[str, str]  # the part of the split that contains it
    source: str  # name of the data
    # by name of a condition beside the formula: its cells, in the order of `values`
    cells: Mapping[str, Sequence[str]] = field(default_factory=dict)
    several: tuple[KnownValues, ...] = ()  # those of each of several targets
    formulas: Sequence[str] = ()  # in the order of `values`

    @classmethod
    def of(
        cls,
        keys: Sequence[str],
        targets: Sequence[float],
        parts: Sequence[str],
        source: str,
        cells: Mapping[str, Sequence[str]] | None = None,
        formulas: Sequence[str] | None = None,
    ) -> KnownValues:
        """
        Args:
            keys: keys of the rows; of rows with one key the last that has a value is kept.
            targets: their values, (N,); NaN for a gap.
            parts: part of each row: train, val or test.
            source: name of the data.
            cells: cells of the conditions of each row, by name.
            formulas: formula of each row; None if it is the key.
        """
        last = {keys[place]: place for place, value in enumerate(targets) if math.isfinite(value)}
        known = list(last.values())
        values = {keys[place]: float(targets[place]) for place in known}
        cells = {name: [row[place] for place in known] for name, row in (cells or {}).items()}
        formulas = [(formulas or keys)[place] for place in known]
        own_parts = {keys[place]: parts[place] for place in known}
        return cls(values, own_parts, source, cells, formulas=formulas)

    def of_target(self, place: int) -> KnownValues | None:
        """The values of one of several targets; None if there are none."""
        return self.several[place] if self.several else None

    def of_class(self, code: int) -> KnownValues:
        """Whether each row has the class of this code: 1, or 0 for another class."""
        values = {key: float(value == code) for key, value in self.values.items()}
        return replace(self, values=values)

    def columns(self, named: Sequence[str], classes: Sequence[str] = ()) -> dict[str, Any]:
        """`known` and `known_from` in words, for rows with these keys.

        `known` is NaN if nothing is known. For a model of classes it is the name of the class, or
        empty.
        """
        known: list[Any] = [self.values.get(key, float("nan")) for key in named]
        if classes:
            known = ["" if math.isnan(value) else classes[int(value)] for value in known]
        return {
            "known": known,
            "known_from": [
                f"{self.source}, {PARTS[self.parts[key]]}" if key in self.parts else ""
                for key in named
            ],
        }
