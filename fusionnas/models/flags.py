"""Flags for unreliable predictions: elements and compositions unlike the training data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from fusionnas.data.elements import SYMBOLS
from fusionnas.data.nearest import NearestComposition
from fusionnas.data.table import CompositionTable


class Flags:
    """Compares compositions with those that a model was fitted to.

    Args:
        elements: atomic numbers of the elements in its training part.
        known: its training compositions, if they were stored.
        far: distance above which a composition is far from all of them.
    """

    def __init__(
        self, elements: Collection[int], known: CompositionTable | None, far: float | None
    ) -> None:
        self.seen = np.zeros(len(SYMBOLS), dtype=bool)
        self.seen[list(elements)] = True
        self.known = known
        self.far = far
        self.index = None if known is None or far is None else NearestComposition(known)
        self._formulas: dict[int, str] = {-1: ""}  # training compositions asked for so far

    def columns(self, table: CompositionTable) -> dict[str, Any]:
        """The columns that `fusionnas.models.predictor.Predictor.predict` describes, by name.

        They are `unseen_elements` and, if the training compositions are known, `nearest_training`,
        `distance` and `far`.
        """
        return {"unseen_elements": self._unseen(table), **self._nearest(table)}

    def _unseen(self, table: CompositionTable) -> list[str]:
        texts = [""] * len(table)
        for row in np.flatnonzero(table.row_any(~self.seen[table.numbers])).tolist():
            numbers = sorted(table[row].numbers)
            texts[row] = " ".join(SYMBOLS[z] for z in numbers if not self.seen[z])
        return texts

    def _nearest(self, table: CompositionTable) -> dict[str, Any]:
        if self.index is None or self.known is None or self.far is None:
            return {}
        found = self.index.find(table)
        for row in np.unique(found.rows).tolist():
            if row not in self._formulas:
                self._formulas[row] = self.known[row].formula
        return {
            "nearest_training": [self._formulas[row] for row in found.rows.tolist()],
            "distance": found.distances,
            "far": found.distances > self.far,
        }
