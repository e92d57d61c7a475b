"""Checks that a network in another format predicts the same values as the bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from fusionnas.data.composition import composition_of
from fusionnas.data.conditions import Conditions
from fusionnas.data.table import CompositionTable
from fusionnas.errors import ExportError
from fusionnas.models.bundle import Bundle
from fusionnas.models.formats.tracing import example_compounds
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.tasks.kinds import is_classifier

TOLERANCE = 1e-4  # in standard deviations of the target, or of a probability
MOST_ELEMENTS = 10

Run = Callable[..., tuple[Tensor, Tensor]]


@torch.no_grad()
def largest_difference(
    run: Run, bundle: Bundle, what: str, rows: CompositionTable | None = None
) -> float:
    """The largest difference between `run` and the bundle's predictions, in standard deviations.

    Compared are predictions and uncertainties for 1 to 10 elements and batches of 1 and 7, and for
    `rows`, such as the test part, with their conditions.

    Raises:
        ExportError: it is above `TOLERANCE`, or `run` fails for some size.
    """
    predictor, largest = Predictor(bundle, device="cpu"), 0.0
    std = np.array(1.0 if predictor.classes else bundle.scaler.std)
    for inputs in _batches(bundle, predictor.conditions, rows):
        batch, n = inputs[0].shape
        try:
            found = run(*inputs)
        except Exception as e:  # other runtimes raise all kinds of errors
            raise ExportError(
                f"The {what} fails for {batch} compounds of {n} elements: "
                f"{' '.join(str(e).split())[:200]}"
            ) from e
        for a, b in zip(_expected(predictor, inputs), found, strict=True):
            difference = float((np.abs(a - b.numpy()) / std).max())
            if not difference <= TOLERANCE:
                raise ExportError(
                    f"The {what} differs from the network by {difference:.2g} standard "
                    f"deviations for {n} elements, and at most {TOLERANCE:g} is allowed."
                )
            largest = max(largest, difference)
    return largest


def _batches(
    bundle: Bundle, conditions: Conditions | None, rows: CompositionTable | None
) -> Iterator[tuple[Tensor, ...]]:
    """Inputs of the exported network."""
    for n in range(1, MOST_ELEMENTS + 1):
        for batch in (1, 7):
            yield example_compounds(bundle, batch, n)
    for of_rows, numbers, fractions in () if rows is None else rows.groups().values():
        inputs = torch.from_numpy(numbers.astype(np.int64)), torch.from_numpy(fractions)
        if conditions is None or rows is None or rows.conditions is None:
            yield inputs
        else:
            yield *inputs, torch.from_numpy(conditions.values_of(rows.conditions[of_rows]))


def _expected(predictor: Predictor, inputs: tuple[Tensor, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The bundle's own predictions and uncertainties for the inputs of the exported network."""
    numbers, fractions, *values = (one.numpy() for one in inputs)
    table = CompositionTable.of(
        composition_of(dict(zip(z.tolist(), x.tolist(), strict=True)))
        for z, x in zip(numbers, fractions, strict=True)
    )
    if predictor.conditions is not None:
        table = replace(table, conditions=predictor.conditions.encode(values[0]))
    found = predictor.mixture_of_all(table)
    if not is_classifier(predictor.manifest):
        return found.value, found.uncertainty
    p = of_each_class(found.value)
    return p, np.sqrt(p * (1 - p))
