"""How a quantity is written with its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fusionnas.models.predictor import Predictor


def with_unit(quantity: str, network: Predictor) -> str:
    """An axis label: `vote (uV/K)`, or the quantity alone if there is no unit."""
    return f"{quantity} ({network.unit})" if network.unit else quantity


def in_unit(network: Predictor) -> str:
    """A part of a sentence: `, in uV/K`, or nothing."""
    return f", in {network.unit}" if network.unit else ""
