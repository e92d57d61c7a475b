"""Checks that a network in another format predicts the same values as the bundle."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fusionnas.errors import ExportError
from fusionnas.models.bundle import Bundle
from fusionnas.models.formats.in_unit import NetworkInUnit
from fusionnas.models.formats.tracing import example_compounds

TOLERANCE = 1e-4  # in standard deviations of the target, or of a probability
MOST_ELEMENTS = 10

Run = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@torch.no_grad()
def largest_difference(run: Run, bundle: Bundle, what: str) -> float:
    """The largest difference between `run` and the bundle's network, in standard deviations.

    Compared are predictions and uncertainties for 1 to 10 elements and batches of 1 and 7.

    Raises:
        ExportError: it is above `TOLERANCE`, or `run` fails for some size.
    """
    original = NetworkInUnit(bundle).cpu().eval()
    largest, unit = 0.0, 1.0 if original.classes else bundle.scaler.std
    for n in range(1, MOST_ELEMENTS + 1):
        for batch in (1, 7):
            numbers, fractions = example_compounds(bundle, batch, n)
            expected = original(numbers, fractions)
            try:
                found = run(numbers, fractions)
            except Exception as e:  # other runtimes raise all kinds of errors
                raise ExportError(
                    f"The {what} fails for {batch} compounds of {n} elements: "
                    f"{' '.join(str(e).split())[:200]}"
                ) from e
            for a, b in zip(expected, found, strict=True):
                difference = (a - b).abs().max().item() / unit
                if not difference <= TOLERANCE:
                    raise ExportError(
                        f"The {what} differs from the network by {difference:.2g} standard "
                        f"deviations for {n} elements, and at most {TOLERANCE:g} is allowed."
                    )
                largest = max(largest, difference)
    return largest
