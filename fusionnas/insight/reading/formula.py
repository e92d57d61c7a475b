"""Explains single formulas: the prediction, and the contributions of the elements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusionnas.data.elements import SYMBOLS
from fusionnas.insight.reading.condition_shifts import condition_shifts
from fusionnas.insight.reading.element_order import order_gaps
from fusionnas.insight.reading.reading import encode, read
from fusionnas.models.predictor import Predictor

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Explanation:
    """One formula as one network reads it; values are in `unit`."""

    formula: str
    value: float  # the prediction: `total`, raised to the lower bound of the property
    lower: float  # of the interval given by `Predictor.predict`; NaN for classes
    upper: float
    base: float  # mean of the targets that the network was trained on
    elements: tuple[str, ...]  # in element order
    fractions: tuple[float, ...]
    shifts: tuple[float, ...]  # contribution of each element, added to the base
    order_gap: float  # median change of the prediction over other element orders
    unseen: tuple[str, ...]  # elements that are not in the training part
    unit: str
    probability: float | None = None  # of the second of two classes; None for a number
    # Conditions that are not at their baseline, such as `temperature=800`, and what each adds. The
    # contributions of the elements are then those at the baseline.
    conditions: tuple[str, ...] = ()
    condition_shifts: tuple[float, ...] = ()

    @property
    def total(self) -> float:
        """The base plus the shifts."""
        return self.base + sum(shift for _, shift in self.parts)

    @property
    def told(self) -> str:
        """The interval, or the probability of the class, in words."""
        if self.probability is not None:
            return f"a probability of {self.probability:.1%}"
        return f"{self.lower:.4g} to {self.upper:.4g} with 90%"

    @property
    def parts(self) -> list[tuple[str, float]]:
        """The name and the shift of each element, then of each condition."""
        names = (*self.elements, *self.conditions)
        return list(zip(names, (*self.shifts, *self.condition_shifts), strict=True))

    @property
    def rows(self) -> list[tuple[str, float, float]]:
        """Name, shift and fraction of each element; conditions have no fraction (NaN)."""
        fractions = (*self.fractions, *(float("nan") for _ in self.conditions))
        return [(*part, x) for part, x in zip(self.parts, fractions, strict=True)]


def explain_formulas(
    network: Predictor, formulas: Sequence[str], given: Mapping[str, str] | None = None
) -> list[Explanation]:
    """The explanation of each formula.

    Args:
        network: the network.
        formulas: formulas to explain.
        given: conditions of all formulas by name; the others are at their baseline.

    Raises:
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    table = encode(network, formulas)
    known, cells = network.conditions, dict(given or {})
    at = None if known is None else known.baseline | cells
    predicted = network.predict(formulas, conditions=at)
    reading, gaps = read(network, table), order_gaps(network, encode(network, formulas, cells))
    told, shifts = condition_shifts(network, table, cells)
    found = []
    for place, row in enumerate(predicted.to_dict("records")):
        part = slice(table.offsets[place], table.offsets[place + 1])
        found.append(
            Explanation(
                str(row["formula"]),
                float(reading.prediction[place] + shifts[place].sum())
                if network.classes
                else row["value"],
                row.get("lower", math.nan),
                row.get("upper", math.nan),
                reading.base,
                tuple(SYMBOLS[z] for z in table.numbers[part]),
                tuple(table.fractions[part].tolist()),
                tuple(reading.shifts[part].tolist()),
                float(gaps[place]),
                tuple(row["unseen_elements"].split()),
                reading.unit,
                row["value"] if network.classes else None,
                told,
                tuple(shifts[place].tolist()),
            )
        )
    return found


def explanation_table(explained: Mapping[str, Sequence[Explanation]]) -> pd.DataFrame:
    """One row for each element of a formula and network.

    Columns: `network`, `formula`, `value`, `lower`, `upper`, `order_gap`, `training_mean`, `unit`,
        `element`, `fraction`, and `shift`, the contribution that is added to the training mean. A
        condition that is not at its baseline has a row, too, without a fraction. For two classes
        also `probability`, of the second one.
    """
    import pandas as pd

    rows = [
        {
            "network": name,
            "formula": one.formula,
            "value": one.value,
            "lower": one.lower,
            "upper": one.upper,
            "order_gap": one.order_gap,
            "training_mean": one.base,
            "unit": one.unit,
            **({} if one.probability is None else {"probability": one.probability}),
            "element": element,
            "fraction": fraction,
            "shift": shift,
        }
        for name, explanations in explained.items()
        for one in explanations
        for element, shift, fraction in one.rows
    ]
    return pd.DataFrame(rows)
