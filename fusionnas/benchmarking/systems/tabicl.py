"""TabICL, a network that learns from a table in its context, on the 142 features of yardsticks.

Qu et al., ICML 2025 (arXiv:2502.05564). Nothing is trained: it reads the training rows while it
predicts. A benchmark does not download the weights; `tabicl.TabICLRegressor().fit(X, y)` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import System
from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.features import composition_features

GROUP = "field"


@dataclass(frozen=True, slots=True)
class _Fitted:
    regressor: Any
    parameters: int | None = None

    def predict(self, table: CompositionTable) -> np.ndarray:
        """The median of its distribution, which suits the mean absolute error."""
        return self.regressor.predict(composition_features(table), output_type="median")


def _fit(material: Material) -> _Fitted:
    """Fit to training and validation rows, because validation chooses nothing."""
    from tabicl import TabICLRegressor

    regressor = TabICLRegressor(allow_auto_download=False, random_state=material.seed)
    data = material.dataset
    return _Fitted(regressor.fit(composition_features(data.table), data.targets))


SYSTEMS = (
    System(
        "tabicl",
        GROUP,
        "TabICL (in-context learning) on the features of the yardsticks",
        _fit,
        "tabicl",
        "code BSD-3-Clause; weights as their page on Hugging Face says",
    ),
)
