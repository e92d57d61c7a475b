"""The yardsticks of this package: constants, forests and boosted trees on 142 features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import System
from fusionnas.data.reading.classes import CLASSIFICATION, REGRESSION
from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import CLASS_YARDSTICKS, YARDSTICKS, Yardstick

GROUP = "yardsticks"


@dataclass(frozen=True, slots=True)
class _Fitted:
    yardstick: FittedYardstick
    parameters: int | None = None

    def predict(self, table: CompositionTable) -> np.ndarray:
        return self.yardstick.predict(table)


def _fit(row: Yardstick, material: Material) -> _Fitted:
    """Fit to the training part, then to all rows with the settings that validation chose."""
    first = FittedYardstick.fit(row, material.dataset, material.seed)
    return _Fitted(first.refit(material.dataset))


# the quickest first
SYSTEMS = tuple(
    System(row.name.replace("_", "-"), GROUP, row.how, partial(_fit, row), kinds=(kind,))
    for kind, rows in ((REGRESSION, YARDSTICKS), (CLASSIFICATION, CLASS_YARDSTICKS))
    for row in reversed(rows)
)
