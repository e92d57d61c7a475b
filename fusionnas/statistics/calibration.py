"""Intervals with a guaranteed coverage: conformal prediction.

A model's own interval can be too narrow or too wide. The correction uses test compounds, which
chose nothing, or with folds the compounds of each fold and the models that were not fitted to them.
The latter did choose the epochs and the members of a predictor, and their guarantee is weaker: 1 -
2a where that of test compounds is 1 - a (Barber et al., 2021). So `coverage_90` on the test part
says what the intervals are worth. The score of such a compound is the *depth* of its target in the
predicted distribution: for one network |target - value| / deviation, for a mixture the depth with
the same tail (`Mixture.depth`). The corrected interval of a level reaches to the k-th smallest
score, k = ceil((N + 1) level). For a new compound of the same kind it contains the target with at
least this probability, however good the model is (Papadopoulos et al., ECML 2002, for one network;
Chernozhukov et al., PNAS 118 (2021) e2107794118, for any distribution). The interval of a mixture
follows its shape: where members disagree to one side, it is longer there.

It needs only a sort and a look-up, which a bundle can do without any library.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.errors import BundleError, OptionError
from fusionnas.seeding import sub_seed
from fusionnas.statistics.mixture import Mixture, check_level

FEWEST, MOST = 20, 1000  # compositions that a correction is fitted to; 19 allow an interval of 95%
CHECKED_LEVEL = 0.9
METHOD = "split conformal, by the depth in the predicted distribution"
# CV+ uses out-of-fold residuals as the jackknife+ uses leave-one-out residuals (Barber et al.,
# Ann. Stat. 49 (2021) 486); here by their depth in the joint distribution of all models
OUT_OF_FOLD = "out-of-fold rows (CV+), by the depth in the predicted distribution"


def calibration_rows(count: int, groups: np.ndarray | None = None) -> np.ndarray:
    """The rows of the test part that a correction is fitted to, (count,) bool.

    They are the rows of half of the compositions, at most a thousand of them; none if half is fewer
    than twenty. The draw depends only on their number. The other rows check the correction.

    Args:
        count: rows of the test part.
        groups: the number of each row's composition, (count,), where a composition has several.
    """
    compositions = count if groups is None else int(groups.max()) + 1
    size = min(MOST, compositions // 2)
    chosen = np.zeros(compositions, dtype=bool)
    if size >= FEWEST:
        rng = np.random.default_rng(sub_seed(0, "calibration"))
        chosen[rng.permutation(compositions)[:size]] = True
    return chosen if groups is None else chosen[groups]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Ascending scores, (N,), of compounds that nothing else was fitted to."""

    scores: np.ndarray
    method: str = METHOD  # what the scores are, in words

    @classmethod
    def of(cls, found: Mixture, target: np.ndarray) -> Calibration:
        """
        Args:
            found: predictions of the compounds.
            target: their targets, (N,), in the same unit.
        """
        return cls(np.sort(found.depth(target)))

    def factor(self, level: float) -> float:
        """The depth that the interval of a level reaches, in standard deviations of one network.

        Raises:
            OptionError: too few scores for so high a level.
        """
        count = len(self.scores)
        rank = math.ceil((count + 1) * check_level(level) - 1e-9)
        if rank > count:
            fewest = math.ceil(level / (1 - level) - 1e-6)
            highest = math.floor(1e4 * count / (count + 1)) / 1e4
            raise OptionError(
                f"An interval of {level:g} needs {fewest} calibration "
                f"compounds, but this network has {count}; use {highest:g} at most."
            )
        return float(self.scores[max(rank, 1) - 1])

    def interval(self, found: Mixture, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end, (N,) each; the lower end is not below the bound of the property."""
        return found.around(self.factor(level))

    def distribution(self, found: Mixture, y: float) -> np.ndarray:
        """The chance of a value up to y, (N,): what the intervals of all levels say together."""
        ranks = np.arange(len(self.scores) + 1) / (len(self.scores) + 1)
        inside = np.interp(found.depth(y), np.concatenate([[0.0], self.scores]), ranks)
        side = np.where(found.distribution(y) < 0.5, -1, 1)
        return np.where(y < found.lower_bound, 0.0, (1 + side * inside) / 2)

    @property
    def scale(self) -> float:
        """The most likely factor between the true and the learned standard deviations.

        A Laplace distribution with standard deviation d has the expected |error| d / sqrt(2). For a
        mixture it is that factor for the depths, which are those of a Laplace distribution.
        """
        return float(math.sqrt(2) * self.scores.mean())

    def to_json(self) -> str:
        # all digits, because a score that is rounded down makes the interval too narrow
        return json.dumps({"method": self.method, "scores": self.scores.tolist()})

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read the text of `to_json`; BundleError if it is damaged."""
        try:
            plain = json.loads(text)
            scores = np.array(plain["scores"], dtype=float)
        except (ValueError, KeyError, TypeError) as e:
            raise BundleError(f"The calibration of the bundle is damaged: {e}") from e
        if scores.ndim != 1 or not len(scores) or not (scores >= 0).all():
            raise BundleError("The calibration of the bundle is damaged: its scores are no list.")
        return cls(np.sort(scores), str(plain.get("method", METHOD)))


Calibrated = tuple[Calibration, dict[str, Any]]


def fit(found: Mixture, target: np.ndarray, method: str = METHOD) -> Calibrated:
    """A correction, with its number of rows, its factor at 90% and the scale of the deviations.

    Args:
        found: predictions for compounds that the models of each were not fitted to.
        target: (N,), N at least `FEWEST`.
        method: the source of these compounds, in words.
    """
    made = Calibration.of(found, target)
    facts = {
        "method": method,
        "rows": len(target),
        "factor_90": made.factor(CHECKED_LEVEL),
        "scale": made.scale,
    }
    return made, facts


def fit_and_check(
    found: Mixture, target: np.ndarray, check: bool = True, groups: np.ndarray | None = None
) -> Calibrated | None:
    """A correction from one part of the test compounds, checked on the others.

    Args:
        found: predictions of the whole test part, in its order.
        target: (N,).
        check: False does not use the others.
        groups: as for `calibration_rows`.

    Returns:
        The correction with the facts of `fit`. For the rows that check it, the facts also hold the
        share inside the 90% interval, its mean width and the mean negative log likelihood
        (Laplace), each for the network's own distribution and after the correction. None if the
        test part is too small.
    """
    rows = calibration_rows(len(target), groups)
    if not rows.any():
        return None
    made, facts = fit(found.take(rows), target[rows])
    return made, facts | (_checked(made, found.take(~rows), target[~rows]) if check else {})


def fit_out_of_fold(
    found: Mixture, target: np.ndarray, tested: Mixture, truth: np.ndarray, check: bool = True
) -> Calibrated | None:
    """A correction from the held-out rows of folds, checked on the whole test part.

    Args:
        found: predictions for these rows, each by models that were not fitted to the row.
        target: the targets of these rows.
        tested: predictions for the test part.
        truth: the targets of the test part.
        check: False does not use the test part.

    Returns:
        As `fit_and_check`; None if there are too few rows.
    """
    if len(target) < FEWEST:
        return None
    made, facts = fit(found, target, OUT_OF_FOLD)
    return made, facts | (_checked(made, tested, truth) if check and len(truth) else {})


def _checked(made: Calibration, rest: Mixture, truth: np.ndarray) -> dict[str, Any]:
    """Check a correction on compounds that it was not fitted to."""
    own, corrected = rest.interval(CHECKED_LEVEL), made.interval(rest, CHECKED_LEVEL)
    return {
        "checked_on": len(truth),
        "coverage_90_own": inside(own, truth),
        "coverage_90": inside(corrected, truth),
        "width_90_own": mean_width(own),
        "width_90": mean_width(corrected),
        "nll_own": laplace_nll(rest, truth),
        "nll_scaled": laplace_nll(rest, truth, made.scale),
    }


def inside(interval: tuple[np.ndarray, np.ndarray], target: np.ndarray) -> float:
    """Share of targets in their intervals."""
    return float(((interval[0] <= target) & (target <= interval[1])).mean())


def mean_width(interval: tuple[np.ndarray, np.ndarray]) -> float:
    """Mean distance of the upper from the lower ends, in the unit of the target."""
    return float((interval[1] - interval[0]).mean())


def laplace_nll(found: Mixture, target: np.ndarray, scale: float = 1.0) -> float:
    """Mean negative log likelihood of a Laplace distribution with `scale` times the uncertainty.

    For an ensemble this is one distribution with its value and uncertainty, not the mixture of its
    members.
    """
    spread = scale * found.uncertainty / math.sqrt(2)
    return float((np.abs(target - found.value) / spread + np.log(2 * spread)).mean())
