"""What a network makes of many compounds at once.

Symbols: N compounds, E elements in all of them together, n elements of one compound, d channels.
Flat arrays have a row an element, in the order of `CompositionTable.numbers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fusionnas.cecv.efm import element_features
from fusionnas.data.elements import check_covered
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.network import Tap
from fusionnas.predict import Predictor
from fusionnas.training.batches import Compounds


@dataclass(frozen=True, slots=True)
class Reading:
    """The outputs of a network for the compounds of a table, in `unit`."""

    table: CompositionTable
    base: float  # mean of the targets that the network was trained on
    shifts: np.ndarray  # (E,), what each element adds to it
    unit: str

    @property
    def prediction(self) -> np.ndarray:
        """(N,): base plus the shifts of the compound's elements."""
        return self.base + np.add.reduceat(self.shifts, self.table.offsets[:-1])


def encode(predictor: Predictor, formulas: Sequence[str]) -> CompositionTable:
    """The compositions of formulas.

    Raises:
        FormulaError: one cannot be read. ElementError: the network's element vectors lack one.
    """
    table = encode_formulas([str(formula) for formula in formulas])
    vectors = predictor.bundle.network.vectors.detach().cpu().numpy()
    check_covered(table, vectors, "of the bundle")
    return table


@torch.no_grad()
def read(predictor: Predictor, table: CompositionTable, batch_size: int = 2048) -> Reading:
    """Predictions, taken apart into the shifts of the elements."""
    network, scaler = predictor.bundle.network.eval(), predictor.bundle.scaler
    shifts = np.empty(len(table.numbers))
    for batch in Compounds(table, predictor.device).in_order(batch_size):
        n = batch.numbers.shape[1]
        parts = network.contributions(batch.numbers, batch.fractions)
        place = table.offsets[batch.rows.cpu().numpy()][:, None] + np.arange(n)
        shifts[place] = scaler.std * parts.double().cpu().numpy()
    return Reading(table, scaler.mean, shifts, predictor.unit)


def element_rows(
    predictor: Predictor, table: CompositionTable, tap: Tap = "readout_input"
) -> np.ndarray:
    """The rows of all element feature matrices, one under the other, (E, d) float32."""
    blocks = element_features(predictor.bundle.network, Compounds(table, predictor.device), tap)
    rows = np.empty((len(table.numbers), next(iter(blocks.values())).shape[2]), dtype=np.float32)
    for n, (compounds, _, _) in table.groups().items():
        rows[table.offsets[compounds][:, None] + np.arange(n)] = blocks[n]
    return rows


def compound_means(rows: np.ndarray, table: CompositionTable) -> np.ndarray:
    """The mean over the elements of each compound, (E, d) to (N, d)."""
    return np.add.reduceat(rows, table.offsets[:-1], axis=0) / table.lengths[:, None]
