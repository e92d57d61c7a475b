"""A yardstick that predicts: a fitted model and its row, read from a folder without pickle.

Only NumPy and the files are needed: scikit-learn fits yardsticks, but importing it takes longer
than a prediction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import BundleError
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.yardsticks import Model, Yardstick, yardstick

FILE, FORMAT = "yardstick.json", 1


@dataclass(frozen=True, slots=True)
class StoredYardstick:
    """A yardstick whose model is fitted."""

    row: Yardstick
    model: Model

    def predict(self, table: CompositionTable) -> np.ndarray:
        """Predictions (N,) in the unit of the target; (N, K) of K classes, if these are several."""
        return self.model.predict(composition_features(table))

    def predict_formulas(self, formulas: Sequence[str]) -> np.ndarray:
        """Predictions (N,); raises FormulaError if a formula cannot be read."""
        return self.predict(encode_formulas(formulas))

    @staticmethod
    def load(folder: Path) -> StoredYardstick:
        """Read a folder that `FittedYardstick.save` wrote; only this package's own code is run.

        Raises:
            BundleError: the folder has no yardstick, or it has another format or is damaged.
        """
        try:
            facts: Mapping[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
            known, name = facts["format"], facts["name"]
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise BundleError(f"{folder} has no yardstick that can be read: {e}") from e
        if known != FORMAT:
            raise BundleError(f"{folder} has yardstick format {known}, and {FORMAT} is read here.")
        row = yardstick(name)
        return StoredYardstick(row, row.read(folder))
