"""The element feature matrices (EFMs) of a few compounds, with channels in a readable order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import SYMBOLS
from fusionnas.insight.reading.reading import element_rows, encode
from fusionnas.insight.reading.seriation import seriate
from fusionnas.models.predictor import Predictor
from fusionnas.networks.network import Tap

if TYPE_CHECKING:
    import pandas as pd

PEROVSKITES = ("SrTiO3", "BaTiO3", "KNbO3", "CsPbI3")


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """The EFM of one compound."""

    formula: str
    elements: tuple[str, ...]  # (n,), in element order
    fractions: tuple[float, ...]  # (n,)
    values: np.ndarray  # (n, d), channels in the common order
    likeness: float  # correlation with the first compound's EFM; NaN if n differs


def feature_matrices(
    predictor: Predictor, formulas: Sequence[str], tap: Tap = "readout_input"
) -> tuple[list[FeatureMatrix], np.ndarray]:
    """The EFMs of formulas, and a common order of channels (d,).

    Channels are ordered by `seriate` over the rows of all these compounds. For the likeness,
    elements are compared in element order: the most frequent element of one compound with that of
    the other.

    Raises:
        FormulaError: a formula cannot be read.
    """
    table = encode(predictor, formulas)
    rows = element_rows(predictor, table, tap)
    order = seriate(rows)
    found: list[FeatureMatrix] = []
    for place, formula in enumerate(formulas):
        part = slice(table.offsets[place], table.offsets[place + 1])
        values = rows[part][:, order]
        first = found[0].values if found else values
        found.append(
            FeatureMatrix(
                formula,
                tuple(SYMBOLS[z] for z in table.numbers[part]),
                tuple(table.fractions[part].tolist()),
                values,
                _correlation(first, values) if first.shape == values.shape else float("nan"),
            )
        )
    return found, order


def long_table(matrices: Sequence[FeatureMatrix], order: np.ndarray) -> pd.DataFrame:
    """One row for each value: `formula`, `element`, `fraction`, `channel`, `place`, `value`."""
    import pandas as pd

    pieces = []
    for matrix in matrices:
        n, d = matrix.values.shape
        pieces.append(
            pd.DataFrame(
                {
                    "formula": matrix.formula,
                    "element": np.repeat(matrix.elements, d),
                    "fraction": np.repeat(matrix.fractions, d),
                    "channel": np.tile(order, n),
                    "place": np.tile(np.arange(d), n),
                    "value": matrix.values.ravel(),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation over all entries; NaN if one is constant."""
    x, y = a.ravel() - a.mean(), b.ravel() - b.mean()
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 0 else float("nan")
