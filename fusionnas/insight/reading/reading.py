"""The outputs of a network for many compounds at once.

Symbols: N compounds, E elements in all of them together, n elements of one compound, d channels.
Flat arrays have one row for each element, in the order of `CompositionTable.numbers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.cecv.efm import element_features
from fusionnas.data.element_vectors import check_covered
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import OptionError
from fusionnas.models.contributions import contributions
from fusionnas.models.predictor import Predictor
from fusionnas.networks.network import Tap
from fusionnas.training.batches import Compounds

Formulas = Sequence[str] | CompositionTable


@dataclass(frozen=True, slots=True)
class Reading:
    """The outputs of a network for the compounds of a table, in `unit`.

    Of two classes they are log-odds of the second one, which the elements add up to; so are those
    of one class of several against the others (`Predictor.of_class`).
    """

    table: CompositionTable
    base: float  # mean of the targets that the network was trained on
    shifts: np.ndarray  # (E,), contribution of each element, added to the base
    unit: str

    @property
    def prediction(self) -> np.ndarray:
        """(N,): base plus the shifts of the compound's elements."""
        return self.base + np.add.reduceat(self.shifts, self.table.offsets[:-1])


def encode(
    predictor: Predictor, formulas: Formulas, given: Mapping[str, str] | None = None
) -> CompositionTable:
    """The compositions of formulas, with the conditions that the network reads.

    Args:
        predictor: the network.
        formulas: formulas, or a table of compositions, which may have its conditions.
        given: conditions of all formulas by name; others, and those that a table lacks, are at the
            median or the most frequent word of the training part.

    Raises:
        FormulaError: one cannot be read. ElementError: the network has no vector for an element.
    """
    if isinstance(formulas, CompositionTable):
        table = formulas
    else:
        table = encode_formulas([str(formula) for formula in formulas])
    if predictor.conditions is not None and table.conditions is None:
        table = predictor.conditions.at(table, given)
    for member in predictor.networks:
        check_covered(table, member.network.vectors.detach().cpu().numpy(), "of the bundle")
    return table


def read(predictor: Predictor, table: CompositionTable) -> Reading:
    """Predictions, split into the shifts of the elements; for an ensemble their means."""
    return Reading(table, *contributions(predictor, table), unit_of(predictor))


def unit_of(predictor: Predictor) -> str:
    """What contributions are in: the unit of the target, or log-odds of the second class."""
    return f"log-odds of '{predictor.classes[1]}'" if predictor.classes else predictor.unit


def feature_blocks(
    predictor: Predictor, table: CompositionTable, tap: Tap = "readout_input"
) -> dict[int, np.ndarray]:
    """Element feature matrices (N_n, n, d) by n, each in the order of the table.

    Raises:
        OptionError: the predictor is an ensemble; channels of different networks are unrelated.
    """
    if len(predictor.networks) > 1:
        raise OptionError(
            "An ensemble has no features of its own; look at one of its members, which are "
            "bundles in its folder."
        )
    return element_features(predictor.bundle.network, Compounds(table, predictor.device), tap)


def element_rows(
    predictor: Predictor, table: CompositionTable, tap: Tap = "readout_input"
) -> np.ndarray:
    """The same as one array, with the rows of all compounds in sequence, (E, d) float32."""
    blocks = feature_blocks(predictor, table, tap)
    rows = np.empty((len(table.numbers), next(iter(blocks.values())).shape[2]), dtype=np.float32)
    for n, (compounds, _, _) in table.groups().items():
        rows[table.offsets[compounds][:, None] + np.arange(n)] = blocks[n]
    return rows


def compound_means(rows: np.ndarray, table: CompositionTable) -> np.ndarray:
    """The mean over the elements of each compound, (E, d) to (N, d)."""
    return np.add.reduceat(rows, table.offsets[:-1], axis=0) / table.lengths[:, None]
