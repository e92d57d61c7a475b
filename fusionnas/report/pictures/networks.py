"""Which networks of a study stand beside each other, and how they and their units are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.errors import ViewError
from fusionnas.studies.finished import Material, Side

if TYPE_CHECKING:
    from fusionnas.models.predictor import Predictor

RECOMMENDED = "recommended network"
REFERENCES = {"global": "global reference (LSTM)", "local": "local reference (DCNN-K1)"}


def reference_of(material: Material, side: Side) -> Predictor:
    """The reference network of a side; ViewError where the study has none."""
    found = material.reference(side)
    if found is None:
        raise ViewError(f"the study keeps no {side} reference network")
    return found


def beside_reference(material: Material, side: Side) -> dict[str, Predictor]:
    """The recommended network and, where the study keeps it, the reference of a side, by name."""
    networks = {RECOMMENDED: material.best}
    found = material.reference(side)
    return networks if found is None else networks | {REFERENCES[side]: found}


def with_unit(quantity: str, network: Predictor) -> str:
    """An axis label: `vote (uV/K)`, or the quantity alone where there is no unit."""
    return f"{quantity} ({network.unit})" if network.unit else quantity


def in_unit(network: Predictor) -> str:
    """For a sentence: `, in uV/K`, or nothing."""
    return f", in {network.unit}" if network.unit else ""
