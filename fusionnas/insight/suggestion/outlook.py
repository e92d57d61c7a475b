"""The predictive distribution of each candidate, as points with weights.

Every rule is then a weighted mean of its utility, for any goal and any correction of the
uncertainty.

Symbols: N candidates, P points, K members of the predictor; w are weights with the sum 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.mixture import Mixture

SCORES = 100  # quantiles of the scores of a calibration
DEPTHS = 16  # of them whose ends are computed
STEPS = 64  # points of the Laplace distribution of a member


@dataclass(frozen=True, slots=True)
class Outlook:
    """The possible true values of candidates, with weights."""

    points: np.ndarray  # (P, N), in the unit of the target
    weights: np.ndarray  # (P,)

    @classmethod
    def of(cls, found: Mixture, calibration: Calibration | None) -> Outlook:
        """The corrected distribution if there is a calibration, otherwise the members' mixture.

        The correction assumes that depths in the mixture are distributed like the scores, equally
        on both sides of its middle. Points below the lower bound of the property are raised to it.
        """
        if calibration is not None:
            count = len(calibration.scores)
            ranks = np.arange(count + 1) / (count + 1)  # as `Calibration.distribution` has them
            scores = np.interp(_middles(SCORES), ranks, np.concatenate([[0.0], calibration.scores]))
            # the ends at a few depths, and between them by interpolation
            depths = np.unique(np.quantile(scores, np.linspace(0, 1, DEPTHS)))
            ends = np.stack([found.around(depth) for depth in depths.tolist()])  # (D, 2, N)
            near = np.stack([np.interp(scores, depths, one) for one in np.eye(len(depths))], axis=1)
            points = np.tensordot(near, ends, axes=1).reshape(-1, ends.shape[-1])
            return cls(points, np.full(len(points), 1 / len(points)))
        share = _middles(STEPS)
        # quantiles of the Laplace distribution with mean 0 and standard deviation 1
        z = np.sign(share - 0.5) * -np.log(2 * np.minimum(share, 1 - share)) / np.sqrt(2)
        points = found.values[:, None] + found.deviations[:, None] * z[:, None]  # (K, steps, N)
        weights = np.repeat(found.shares / STEPS, STEPS)
        points = np.maximum(points.reshape(-1, points.shape[-1]), found.lower_bound)
        return cls(points, weights)

    def mean(self, of_points: np.ndarray) -> np.ndarray:
        """The weighted mean over the points; (P, N) to (N,)."""
        return self.weights @ of_points


def _middles(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count
