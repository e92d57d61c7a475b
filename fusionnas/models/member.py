"""The interface of an ensemble's members: the network of a bundle, or a yardstick on features."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch

from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.features import composition_features
from fusionnas.networks.network import Network
from fusionnas.training.batches import Compounds
from fusionnas.training.inference import Precision, predict_standardised


class SharedInputs:
    """Compositions in the forms that members read; each form is made only once."""

    def __init__(self, table: CompositionTable, device: torch.device) -> None:
        self.table = table
        self.device = device
        self._outputs: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}

    @cached_property
    def compounds(self) -> Compounds:
        """Input for networks, on their device."""
        return Compounds(self.table, self.device)

    def outputs(self, network: Network, precision: Precision) -> tuple[np.ndarray, np.ndarray]:
        """What a network gives for all its targets, computed once: `predict_standardised`."""
        key = (id(network), precision)
        if key not in self._outputs:
            found = predict_standardised(network, self.compounds, precision=precision)
            self._outputs[key] = found
        return self._outputs[key]

    @cached_property
    def features(self) -> np.ndarray:
        """Input for yardsticks, (N, F)."""
        return composition_features(self.table)


class Member(Protocol):
    """Predicts a value and its uncertainty."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Facts about the model, including `target`, `unit` and `elements_seen`."""

    @property
    def compositions(self) -> CompositionTable | None:
        """The compositions that it was fitted to, if it stores them."""

    @property
    def covered(self) -> np.ndarray:
        """Whether it can predict compounds of each element, (119,), by atomic number."""

    def to(self, device: torch.device) -> None:
        """Move the parts that compute to a device."""

    def predict(
        self, inputs: SharedInputs, precision: Precision = "fp32"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and standard deviations, (N,) each, in the unit of the target; (N, K) of K classes
        or targets."""

    def of_target(self, place: int) -> Member:
        """The member for one of several targets."""
