"""The weights or error bars of a study's rows, beside those of new measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.reading.weight_column import ERROR, WEIGHT, WeightColumn
from fusionnas.data.row_weights import RowWeights
from fusionnas.errors import OptionError
from fusionnas.studies.folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ObservedWeights:
    """How the rows of a study are weighed."""

    column: WeightColumn
    mean: float  # weight in the table of a row whose stored weight is 1

    @classmethod
    def of(cls, folder: StudyFolder, columns: Sequence[str], path: Path) -> ObservedWeights | None:
        """None if all rows count alike.

        Raises:
            OptionError: the new rows have no such column, or an earlier version wrote the study.
        """
        facts = folder.facts["data"].get("weights")
        if facts is None:
            return None
        kind = ERROR if "common_error" in facts else WEIGHT
        name = str(facts["column"])
        if name not in columns:
            what = "error bars" if kind == ERROR else "weights"
            raise OptionError(
                f"The rows of '{folder.name}' have {what}, and new rows need some, too: add the "
                f"column '{name}' to {path}."
            )
        if kind == WEIGHT and "mean" not in facts:
            raise OptionError(
                f"'{folder.name}' does not record what its weights were in the table: add the new "
                f"rows to your table, and search it with --warm-start {folder.name}."
            )
        return cls(WeightColumn(kind, name), float(facts.get("mean", 1)))

    def of_study(self, data: pd.DataFrame) -> pd.Series:
        """Weights or error bars of the stored rows, as in the table."""
        return data["weight"] * self.mean if self.column.kind == WEIGHT else data["error"]

    def of_rows(self, weights: RowWeights | None) -> np.ndarray | None:
        """Those of new rows."""
        assert weights is not None
        return weights.errors if self.column.kind == ERROR else weights.values
