"""A network for use by other software: elements in any order in, the unit of the target out.

Shapes: B compounds of n elements each; K classes or targets, if there are several; C conditions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusionnas.data.conditions import Conditions
from fusionnas.data.elements import ELECTRONEGATIVITY
from fusionnas.models.bundle import Bundle, bounds_of
from fusionnas.models.formats.condition_values import EncodedConditions
from fusionnas.networks.inputs import Inputs
from fusionnas.tasks.kinds import is_classifier

NUMBERS, FRACTIONS, CONDITIONS = "numbers", "fractions", "conditions"
OUTPUTS = ("prediction", "uncertainty")


def inputs_of(bundle: Bundle) -> tuple[str, ...]:
    """The names of its inputs, in their order."""
    reads = Conditions.of_facts(bundle.manifest) is not None
    return (NUMBERS, FRACTIONS, CONDITIONS) if reads else (NUMBERS, FRACTIONS)


class NetworkInUnit(nn.Module):
    """The network of a bundle, which also sorts elements and scales targets and conditions."""

    electronegativity: Tensor
    mean: Tensor
    std: Tensor
    lower_bound: Tensor

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self.network = bundle.network
        # tensors, since ONNX would store plain numbers in float32
        self.register_buffer("mean", torch.tensor(bundle.scaler.mean, dtype=torch.float64))
        self.register_buffer("std", torch.tensor(bundle.scaler.std, dtype=torch.float64))
        self.classes = is_classifier(bundle.manifest)
        bound = torch.as_tensor(bounds_of(bundle.manifest), dtype=torch.float64)
        self.bounded = bool(bound.isfinite().any())
        self.register_buffer("lower_bound", bound)
        self.register_buffer("electronegativity", torch.from_numpy(ELECTRONEGATIVITY))  # (119,)
        known = Conditions.of_facts(bundle.manifest)
        self.encoded = None if known is None else EncodedConditions(known)

    def forward(
        self, numbers: Tensor, fractions: Tensor, conditions: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Prediction and uncertainty (B,), or (B, K) of several targets, float64, in their units.

        Of classes: the probability p of each, (B, K), in their order, and sqrt(p (1 - p)).

        Args:
            numbers: atomic numbers (B, n), int64, each element of a compound once.
            fractions: their amounts (B, n), float64, in any proportion.
            conditions: of a network that reads them, (B, C) float64: `condition_values`.
        """
        fractions = fractions / fractions.sum(dim=1, keepdim=True)
        order = self._order(numbers, fractions)
        encoded = None if self.encoded is None else self.encoded(conditions)
        inputs = Inputs(numbers.gather(1, order), fractions.gather(1, order), encoded)
        value, log_scale = self.network(inputs)
        prediction = value.double() * self.std + self.mean
        if self.classes:
            p = _of_each_class(prediction)
            return p, torch.sqrt(p * (1 - p))
        if self.bounded:
            prediction = torch.maximum(prediction, self.lower_bound)
        return prediction, torch.exp(log_scale.double()) * self.std

    def _order(self, numbers: Tensor, fractions: Tensor) -> Tensor:
        """Positions (B, n) of the elements in element order; see `data.composition`."""
        # equal amounts must stay equal after the division
        x = torch.round(fractions * 1e10)
        e = nn.functional.embedding(numbers, self.electronegativity[:, None])[..., 0]
        # before[b, i, j]: j comes before i
        same = x[:, None, :] == x[:, :, None]
        before = x[:, None, :] > x[:, :, None]
        before = before | (same & (e[:, None, :] < e[:, :, None]))
        same = same & (e[:, None, :] == e[:, :, None])
        before = before | (same & (numbers[:, None, :] < numbers[:, :, None]))
        place = before.long().sum(dim=2)  # (B, n)
        return torch.argsort(place, dim=1)


def _of_each_class(z: Tensor) -> Tensor:
    """Probabilities (B, K) of the logits (B,) of the second of two classes, or (B, K) of all."""
    if z.dim() == 1:
        p = torch.sigmoid(z)
        return torch.stack([1 - p, p], dim=1)
    return torch.softmax(z, dim=1)
