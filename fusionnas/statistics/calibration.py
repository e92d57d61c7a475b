"""Intervals that hold what they promise: split conformal prediction.

A network's own interval is what it believes. Of compounds that chose neither its weights, nor the
epoch, nor the network, the score |target - value| / uncertainty is taken; the interval of a level
then reaches to either side as many uncertainties as the k-th smallest score, k = ceil((N + 1)
level). For a new compound that is as those were, it holds the target with at least that chance,
whatever the network is worth (Papadopoulos et al., ECML 2002; Lei et al., J. Am. Stat. Assoc. 113
(2018) 1094, with the score divided by the network's own standard deviation).

It is a sort and a look-up, which a bundle must do without any library.
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

FEWEST, MOST = 20, 1000  # compounds that a correction is fitted to; 19 allow an interval of 95%
CHECKED_LEVEL = 0.9
METHOD = "split conformal, scores divided by the network's standard deviation"
# what leave-one-out residuals are to the jackknife+, out-of-fold residuals are to CV+ (Barber et
# al., Ann. Stat. 49 (2021) 486), here scaled and around the one prediction of all models
OUT_OF_FOLD = "out-of-fold residuals (CV+), divided by the standard deviation"


def calibration_rows(count: int) -> np.ndarray:
    """Which of the test part's rows a correction is fitted to, (count,) bool.

    Half of them, at most a thousand, drawn once and for all from their number; none where half is
    fewer than twenty. The others check it.
    """
    size = min(MOST, count // 2)
    chosen = np.zeros(count, dtype=bool)
    if size >= FEWEST:
        rng = np.random.default_rng(sub_seed(0, "calibration"))
        chosen[rng.permutation(count)[:size]] = True
    return chosen


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores of compounds that nothing was fitted to, ascending, (N,)."""

    scores: np.ndarray

    @classmethod
    def of(cls, found: Mixture, target: np.ndarray) -> Calibration:
        """
        Args:
            found: predictions of the compounds.
            target: their targets, (N,), in the same unit.
        """
        return cls(np.sort(np.abs(target - found.value) / found.uncertainty))

    def factor(self, level: float) -> float:
        """How many uncertainties the interval of a level reaches to either side.

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
                f"compounds, and this network has {count}; ask for {highest:g} at most."
            )
        return float(self.scores[max(rank, 1) - 1])

    def interval(self, found: Mixture, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end, (N,) each."""
        reach = self.factor(level) * found.uncertainty
        return found.value - reach, found.value + reach

    def distribution(self, found: Mixture, y: float) -> np.ndarray:
        """The chance of a value up to y, (N,): what the intervals of all levels say together."""
        z = (y - found.value) / found.uncertainty
        ranks = np.arange(len(self.scores) + 1) / (len(self.scores) + 1)
        inside = np.interp(np.abs(z), np.concatenate([[0.0], self.scores]), ranks)
        return (1 + np.sign(z) * inside) / 2

    @property
    def scale(self) -> float:
        """The factor by which the learned standard deviations are most likely wrong.

        Of a Laplace distribution of standard deviation d the expected |error| is d / sqrt(2).
        """
        return float(math.sqrt(2) * self.scores.mean())

    def to_json(self) -> str:
        # every digit: a score rounded down would promise more than it holds
        return json.dumps({"method": METHOD, "scores": self.scores.tolist()})

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Raises BundleError where the text is not that of `to_json`."""
        try:
            scores = np.array(json.loads(text)["scores"], dtype=float)
        except (ValueError, KeyError, TypeError) as e:
            raise BundleError(f"The calibration of the bundle is damaged: {e}") from e
        if scores.ndim != 1 or not len(scores) or not (scores >= 0).all():
            raise BundleError("The calibration of the bundle is damaged: its scores are no list.")
        return cls(np.sort(scores))


Calibrated = tuple[Calibration, dict[str, Any]]


def fit(found: Mixture, target: np.ndarray, method: str = METHOD) -> Calibrated:
    """A correction, and the rows it was fitted to, its factor at 90% and scale of the deviations.

    Args:
        found: predictions of compounds that chose neither weights nor epoch nor network.
        target: (N,), N at least `FEWEST`.
        method: where these compounds come from, in words.
    """
    made = Calibration.of(found, target)
    facts = {
        "method": method,
        "rows": len(target),
        "factor_90": made.factor(CHECKED_LEVEL),
        "scale": made.scale,
    }
    return made, facts


def fit_and_check(found: Mixture, target: np.ndarray, check: bool = True) -> Calibrated | None:
    """A correction from a part of the test compounds, and what the others say of it.

    Args:
        found: predictions of the whole test part, in its order.
        target: (N,).
        check: False leaves the others unseen.

    Returns:
        The correction with the facts of `fit`, and of the rows it was checked on the share inside
        the 90% interval and the mean negative log likelihood (Laplace), of the network's own
        distribution and after the correction. None where the test part is too small for one.
    """
    rows = calibration_rows(len(target))
    if not rows.any():
        return None
    made, facts = fit(found.take(rows), target[rows])
    return made, facts | (_checked(made, found.take(~rows), target[~rows]) if check else {})


def fit_out_of_fold(
    found: Mixture, target: np.ndarray, tested: Mixture, truth: np.ndarray, check: bool = True
) -> Calibrated | None:
    """A correction from rows that were held out from folds, checked on the whole test part.

    Args:
        found: predictions of these rows, each by models that were not fitted to it.
        target: their targets.
        tested: predictions of the test part.
        truth: its targets.
        check: False leaves the test part unseen.

    Returns:
        As `fit_and_check`; None where there are too few rows.
    """
    if len(target) < FEWEST:
        return None
    made, facts = fit(found, target, OUT_OF_FOLD)
    return made, facts | (_checked(made, tested, truth) if check and len(truth) else {})


def _checked(made: Calibration, rest: Mixture, truth: np.ndarray) -> dict[str, Any]:
    """What compounds that a correction was not fitted to say of it."""
    return {
        "checked_on": len(truth),
        "coverage_90_own": inside(rest.interval(CHECKED_LEVEL), truth),
        "coverage_90": inside(made.interval(rest, CHECKED_LEVEL), truth),
        "nll_own": laplace_nll(rest, truth),
        "nll_scaled": laplace_nll(rest, truth, made.scale),
    }


def inside(interval: tuple[np.ndarray, np.ndarray], target: np.ndarray) -> float:
    """Share of targets in their intervals."""
    return float(((interval[0] <= target) & (target <= interval[1])).mean())


def laplace_nll(found: Mixture, target: np.ndarray, scale: float = 1.0) -> float:
    """Mean negative log likelihood of a Laplace distribution of `scale` times the uncertainty.

    Of an ensemble that is the one distribution that its value and uncertainty stand for, not the
    mixture of its members.
    """
    spread = scale * found.uncertainty / math.sqrt(2)
    return float((np.abs(target - found.value) / spread + np.log(2 * spread)).mean())
