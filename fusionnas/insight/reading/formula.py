"""Explains single formulas: the prediction, and the contributions of the elements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusionnas.data.elements import SYMBOLS
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

    @property
    def total(self) -> float:
        """The base plus the shifts."""
        return self.base + sum(self.shifts)


def explain_formulas(network: Predictor, formulas: Sequence[str]) -> list[Explanation]:
    """The explanation of each formula.

    Raises:
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    table = encode(network, formulas)
    known = network.conditions
    predicted = network.predict(formulas, conditions=None if known is None else known.baseline)
    reading, gaps = read(network, table), order_gaps(network, table)
    found = []
    for place, row in enumerate(predicted.to_dict("records")):
        part = slice(table.offsets[place], table.offsets[place + 1])
        found.append(
            Explanation(
                str(row["formula"]),
                float(reading.prediction[place]) if network.classes else row["value"],
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
            )
        )
    return found


def explanation_table(explained: Mapping[str, Sequence[Explanation]]) -> pd.DataFrame:
    """One row for each element of a formula and network.

    Columns: `network`, `formula`, `value`, `lower`, `upper`, `order_gap`, `training_mean`, `unit`,
        `element`, `fraction`, and `shift`, the contribution that is added to the training mean.
        For two classes also `probability`, of the second one.
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
        for element, fraction, shift in zip(one.elements, one.fractions, one.shifts, strict=True)
    ]
    return pd.DataFrame(rows)
