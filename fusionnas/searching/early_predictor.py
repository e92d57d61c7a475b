"""Predicts the final error of a trial at a rung, from the MAE alone or from MAE and CECV.

The model is a small ridge regression of log final MAE on log MAE at the rung, log parameters and,
if this helps, the logarithms of the clustering vector at the rung. Both models are judged on trials
that they have not seen: each finished trial is predicted before the models learn from it (the
prequential error). The model with the CECV is used only while its error is the lower one. The
prediction may decide which trials are promoted; it is never an objective.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.vector import Cecv

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FEWEST = 8  # finished trials before the first prediction
FEWEST_JUDGED = 4  # checked predictions before the CECV can be used
PENALTIES = np.logspace(-2, 3, 11)  # penalties of the ridge regression; leave-one-out error chooses


@dataclass(frozen=True, slots=True)
class EarlyLook:
    """The state of a trial at a rung."""

    mae: float  # validation MAE at the rung
    parameters: int
    cecv: tuple[float, ...]  # clusters per compound at each threshold

    @classmethod
    def of(cls, mae: float, parameters: int, vector: Cecv) -> EarlyLook:
        return cls(mae, parameters, tuple(vector.normalised))


@dataclass(slots=True)
class EarlyPredictor:
    """Learns from the trials of one study at one rung, in the order in which they finished."""

    looks: list[EarlyLook] = field(default_factory=list)
    log_finals: list[float] = field(default_factory=list)
    squared_errors: dict[bool, list[float]] = field(  # of log MAE; key: whether with CECV
        default_factory=lambda: {True: [], False: []}
    )
    _models: dict[bool, Pipeline] = field(default_factory=dict)

    @property
    def uses_cecv(self) -> bool:
        """Whether the model with the CECV has predicted better so far than the one without."""
        if len(self.squared_errors[True]) < FEWEST_JUDGED:
            return False
        return bool(self.error(with_cecv=True) < self.error(with_cecv=False))

    def error(self, with_cecv: bool) -> float:
        """Prequential root mean squared error of log MAE; NaN before the first prediction."""
        errors = self.squared_errors[with_cecv]
        return float(np.sqrt(np.mean(errors))) if errors else float("nan")

    def learn(self, look: EarlyLook, final_mae: float) -> None:
        """Judge both models on a finished trial, then let them learn from it.

        Raises:
            ValueError: an MAE is not positive and finite.
        """
        if not (np.isfinite(final_mae) and final_mae > 0 and look.mae > 0):
            raise ValueError(f"MAEs must be positive, but got {look.mae} and {final_mae}.")
        log_final = float(np.log(final_mae))
        if len(self.looks) >= FEWEST:
            for with_cecv, errors in self.squared_errors.items():
                errors.append((self._predict(look, with_cecv) - log_final) ** 2)
        self.looks.append(look)
        self.log_finals.append(log_final)
        self._models.clear()

    def predict(self, look: EarlyLook) -> float | None:
        """The predicted final MAE of a trial; None while too few trials have finished."""
        if len(self.looks) < FEWEST:
            return None
        return float(np.exp(self._predict(look, self.uses_cecv)))

    def _predict(self, look: EarlyLook, with_cecv: bool) -> float:
        if with_cecv not in self._models:
            self._models[with_cecv] = _fit(_features(self.looks, with_cecv), self.log_finals)
        return float(self._models[with_cecv].predict(_features([look], with_cecv))[0])


def _features(looks: Sequence[EarlyLook], with_cecv: bool) -> np.ndarray:
    rows = np.log([[look.mae, look.parameters] for look in looks])
    if not with_cecv:
        return rows
    return np.hstack([rows, np.log([look.cecv for look in looks])])


def _fit(x: np.ndarray, y: Sequence[float]) -> Any:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(x, y)
