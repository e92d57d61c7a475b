"""AutoGluon (Erickson et al., arXiv:2003.06505) on the 142 features of the yardsticks.

It bags and stacks boosting, forests and networks at its preset `best_quality`, for the mean
absolute error, in the time of `--budget` or ten minutes. All its work is done by one process on the
cores of the job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import FIELD, System
from fusionnas.data.table import CompositionTable
from fusionnas.models.baselines.features import composition_features

if TYPE_CHECKING:
    import pandas as pd

SECONDS = 600.0  # without a budget
TARGET = "target"


@dataclass(frozen=True, slots=True)
class _Fitted:
    predictor: Any
    parameters: int | None = None

    def predict(self, table: CompositionTable) -> np.ndarray:
        return self.predictor.predict(_features(table)).to_numpy()


def _features(table: CompositionTable) -> pd.DataFrame:
    import pandas as pd

    values = composition_features(table)
    return pd.DataFrame(values, columns=[f"x{n}" for n in range(values.shape[1])])


def _fit(material: Material) -> _Fitted:
    """Fit to training and validation rows: it makes its own folds of them."""
    from autogluon.tabular import TabularPredictor

    data = material.dataset
    predictor = TabularPredictor(
        TARGET,
        problem_type="regression",
        eval_metric="mean_absolute_error",
        path=str(material.folder / "autogluon"),
        verbosity=0,
    )
    predictor.fit(
        _features(data.table).assign(**{TARGET: data.targets}),
        presets="best_quality",
        time_limit=material.budget.seconds or SECONDS,
        dynamic_stacking=False,  # a trial run of its own, which takes a quarter of the time
        # its parallel folds would start a second Ray inside the job
        ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
    )
    predictor.persist()
    return _Fitted(predictor)


SYSTEMS = (
    System(
        "autogluon",
        FIELD,
        "AutoGluon at best_quality, for the MAE, on the features of the yardsticks",
        _fit,
        "autogluon.tabular",
        "Apache-2.0",
    ),
)
