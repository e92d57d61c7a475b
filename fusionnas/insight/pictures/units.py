"""How a quantity is written with its unit."""

from __future__ import annotations

from fusionnas.insight.reading.reading import unit_of
from fusionnas.models.predictor import Predictor


def with_unit(quantity: str, network: Predictor) -> str:
    """An axis label: `vote (uV/K)`, or the quantity alone if there is no unit."""
    unit = unit_of(network)
    return f"{quantity} ({unit})" if unit else quantity


def in_unit(network: Predictor) -> str:
    """A part of a sentence: `, in uV/K`, or nothing."""
    unit = unit_of(network)
    return f", in {unit}" if unit else ""
