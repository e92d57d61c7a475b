"""The yardsticks of this package: constants, forests and boosted trees on 142 features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import Interval, System
from fusionnas.data.reading.classes import CLASSIFICATION, REGRESSION
from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import CLASS_YARDSTICKS, YARDSTICKS, Yardstick
from fusionnas.models.yardstick_member import Spread
from fusionnas.statistics.calibration import FEWEST, Calibration
from fusionnas.statistics.mixture import Mixture

GROUP = "yardsticks"


@dataclass(frozen=True, slots=True)
class _Fitted:
    yardstick: FittedYardstick
    spread: Spread | None  # its uncertainty in the unit of the target; None for classes
    calibration: Calibration | None  # None if there are too few validation rows
    lower_bound: float
    parameters: int | None = None

    def predict(self, table: CompositionTable) -> np.ndarray:
        return self.yardstick.predict(table)

    def interval(self, table: CompositionTable, level: float) -> Interval | None:
        """As wide as the trees disagree, for a forest; equally wide for all rows otherwise.

        It is corrected on the validation rows, which the first fit did not learn from.
        """
        if self.spread is None:
            return None
        found = _mixture(self.yardstick, self.spread, table, self.lower_bound)
        if self.calibration is None:
            return found.interval(level)
        return self.calibration.interval(found, level)


def _fit(row: Yardstick, material: Material) -> _Fitted:
    """Fit to the training part, then to all rows with the settings that validation chose."""
    dataset = material.dataset
    first = FittedYardstick.fit(row, dataset, material.seed)
    final, bound = first.refit(dataset), -math.inf
    if dataset.classes:
        return _Fitted(final, None, None, bound)
    bound = bound if dataset.lower_bound is None else dataset.lower_bound
    held, target = dataset.table.take(dataset.parts.val), dataset.targets[dataset.parts.val]
    apart = first.model.spread(composition_features(held))
    spread = Spread.fit(apart, np.abs(first.predict(held) - target))
    made = Calibration.of(_mixture(first, spread, held, bound), target)
    return _Fitted(final, spread, made if len(held) >= FEWEST else None, bound)


def _mixture(
    fitted: FittedYardstick, spread: Spread, table: CompositionTable, bound: float
) -> Mixture:
    features = composition_features(table)
    deviation = spread.deviation(fitted.model.spread(features))
    value = fitted.model.predict(features)
    return Mixture(value[None], deviation[None], lower_bound=bound)


# the quickest first
SYSTEMS = tuple(
    System(row.name.replace("_", "-"), GROUP, row.how, partial(_fit, row), kinds=(kind,))
    for kind, rows in ((REGRESSION, YARDSTICKS), (CLASSIFICATION, CLASS_YARDSTICKS))
    for row in reversed(rows)
)
