"""What a task decides: loss, scale, the meaning of a network's output, and scores.

Symbols: N rows of a data set. A network gives a value and a log-scale for each, in units of the
scaled target. Predictions are (N,), one number for a row; a task with K heads has K numbers for a
row, and predictions are (N, K). The targets of several targets are (N, K), too, with NaN for gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.scaling import Scaler
from fusionnas.statistics.combination import Combination
from fusionnas.tasks.loss import Loss


def _standardised(targets: np.ndarray, scaler: Scaler) -> np.ndarray:
    return scaler.standardise(targets)


def _as_they_are(targets: np.ndarray) -> np.ndarray:
    return targets


def _never(scaler: Scaler) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that says how far predictions are from their targets."""

    name: str  # in the keys of files and tables
    label: str  # for people
    measure: Callable[[np.ndarray, np.ndarray], float]  # of predictions and targets, (N,) each
    # of predictions (..., N) and targets (N,): the losses of the rows (..., N), if `measure` is
    # their mean
    of_rows: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None

    def key(self, part: str) -> str:
        """Its key for a part of the data, or for a moment of a training: `val_mae`, `start_mae`."""
        return f"{part}_{self.name}"


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of target. What differs between kinds stands in one of these fields."""

    losses: Mapping[str, Loss]  # by the names that recipes give
    fit_scale: Callable[[np.ndarray], Scaler]  # to the targets (N,) of a training part
    # from what a network gives, (N,) each, to predictions and their standard deviations in the unit
    decode: Callable[[np.ndarray, np.ndarray, Scaler], tuple[np.ndarray, np.ndarray]]
    error: Metric  # what validation minimises, and the first objective of a search
    beside: tuple[Metric, ...]  # reported with it
    ways: tuple[Combination, ...]  # how an ensemble may combine predictions
    best_constant: Callable[[np.ndarray], np.ndarray]  # of `as_values`: its skill is 0
    least_skill: float  # a network with less has learned nothing
    # what the loss reads, as `Network.residuals`: of a network, its inputs, scaled targets (B,) and
    # the scaler; None asks the network's output component
    residuals: Callable[[Any, Any, Any, Scaler], tuple[Any, Any, Any]] | None = None
    # the targets (N,) as a training reads them
    encode: Callable[[np.ndarray, Scaler], np.ndarray] = _standardised
    # the targets (N,) as perfect predictions, (N,) or (N, K)
    as_values: Callable[[np.ndarray], np.ndarray] = _as_they_are
    heads: int = 1  # K, numbers that a network predicts for a row
    weighs: Callable[[Scaler], bool] = _never  # whether the loss weights some rows more

    def scaler(self, dataset: Dataset) -> Scaler:
        """The scale of the targets, fitted to the training part."""
        return self.fit_scale(dataset.targets[dataset.parts.train])

    def loss_name(self, wanted: str) -> str:
        """The loss that a recipe names, or this task's first one if that is another task's."""
        return wanted if wanted in self.losses else next(iter(self.losses))

    def keys(self, part: str) -> tuple[str, ...]:
        """Under which files keep the scores of a part: the error first."""
        return tuple(metric.key(part) for metric in (self.error, *self.beside))

    def scores(
        self,
        part: str,
        predicted: np.ndarray,
        target: np.ndarray,
        weights: np.ndarray | None = None,
    ) -> dict[str, float]:
        """The error and what is reported beside it, by key, for predictions and targets (N,).

        All rows count alike. Where rows have weights (N,), the weighted error is among them.
        """
        metrics = (self.error, *self.beside)
        scores = {metric.key(part): metric.measure(predicted, target) for metric in metrics}
        if weights is not None:
            errors = self.row_errors(predicted, target)
            scores[self.weighted_key(part)] = float(np.average(errors, weights=weights))
        return scores

    def kept(self, part: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The scores of a part that are among other facts, the weighted error included."""
        names = (*self.keys(part), self.weighted_key(part))
        return {name: facts[name] for name in names if name in facts}

    def weighted_key(self, part: str) -> str:
        """The key of the weighted error of a part, which only data with weights have."""
        return f"{part}_weighted_{self.error.name}"

    def row_errors(self, predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The loss of each row, (..., N), whose mean is the error.

        Args:
            predicted: predictions, (..., N), or (..., N, K) of K heads.
            target: targets, (N,).
        """
        assert self.error.of_rows is not None
        return self.error.of_rows(predicted, target)

    def constant_error(self, known: np.ndarray, target: np.ndarray) -> float:
        """The error on targets (N,) of always predicting the best constant of `known`."""
        constant = self.best_constant(self.as_values(known))
        return self.error.measure(np.broadcast_to(constant, self.as_values(target).shape), target)

    def skill(self, error: float, constant_error: float) -> float:
        """1 - error / error of the best constant: 0 is no better than that constant.

        A constant without error leaves nothing to gain, and the skill counts as 0.
        """
        return 1 - error / constant_error if constant_error > 0 else 0.0

    def collapsed(self, skill: float) -> bool:
        """Whether a network is hardly better than the best constant."""
        return skill < self.least_skill
