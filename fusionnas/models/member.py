"""What a member of an ensemble can do: a bundle's network, or a yardstick on features."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch

from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.features import composition_features
from fusionnas.training.batches import Compounds
from fusionnas.training.inference import Precision


class SharedInputs:
    """Compositions in the forms that members read; each form is made once for all of them."""

    def __init__(self, table: CompositionTable, device: torch.device) -> None:
        self.table = table
        self.device = device

    @cached_property
    def compounds(self) -> Compounds:
        """For networks, on their device."""
        return Compounds(self.table, self.device)

    @cached_property
    def features(self) -> np.ndarray:
        """For yardsticks, (N, F)."""
        return composition_features(self.table)


class Member(Protocol):
    """Predicts a value and how far the truth may be from it."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """`target`, `unit` and `elements_seen` among its entries."""

    @property
    def compositions(self) -> CompositionTable | None:
        """Those that it was fitted to, where it keeps them."""

    @property
    def covered(self) -> np.ndarray:
        """Whether it can predict compounds of each element, (119,), by atomic number."""

    def to(self, device: torch.device) -> None:
        """Move to a device what computes there."""

    def predict(
        self, inputs: SharedInputs, precision: Precision = "fp32"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and standard deviations, (N,) each, in the unit of the target."""
