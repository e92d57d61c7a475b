"""Networks that learn from a table in their context, on the 142 features of the yardsticks.

TabICL (Qu et al., ICML 2025, arXiv:2502.05564) and TabPFN (Hollmann et al., Nature 637 (2025) 319).
Nothing is trained: they read the training rows while they predict. Their weights must be there
before a benchmark, which neither downloads them nor opens a browser for their licence:
`tabicl.TabICLRegressor().fit(X, y)` and `tabpfn.TabPFNRegressor().fit(X, y)` do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import FIELD, System
from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.features import composition_features


@dataclass(frozen=True, slots=True)
class _Fitted:
    regressor: Any
    parameters: int | None = None

    def predict(self, table: CompositionTable) -> np.ndarray:
        """The median of its distribution, which suits the mean absolute error."""
        return self.regressor.predict(composition_features(table), output_type="median")


def _fit(make: Callable[[int], Any], material: Material) -> _Fitted:
    """Fit to training and validation rows, because validation chooses nothing."""
    data = material.dataset
    return _Fitted(make(material.seed).fit(composition_features(data.table), data.targets))


def _tabicl(seed: int) -> Any:
    from tabicl import TabICLRegressor

    return TabICLRegressor(allow_auto_download=False, random_state=seed)


def _tabpfn(seed: int) -> Any:
    # read when the package is imported
    os.environ |= {"TABPFN_NO_BROWSER": "1", "TABPFN_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
    from tabpfn import TabPFNRegressor

    return TabPFNRegressor(random_state=seed)


SYSTEMS = (
    System(
        "tabicl",
        FIELD,
        "TabICL (in-context learning) on the features of the yardsticks",
        partial(_fit, _tabicl),
        "tabicl",
        "code BSD-3-Clause; weights as their page on Hugging Face says",
    ),
    System(
        "tabpfn",
        FIELD,
        "TabPFN (in-context learning) on the features of the yardsticks",
        partial(_fit, _tabpfn),
        "tabpfn",
        "the licence of Prior Labs; newer weights are not for commercial use",
    ),
)
