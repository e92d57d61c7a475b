"""What a model says about rows that it was not trained on, and what these rows correct in it.

Symbols: N rows; K classes or T targets, NaN for gaps in targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.models.class_correction import corrected_classes
from fusionnas.statistics.bootstrap import groups_of
from fusionnas.statistics.calibration import (
    Calibrated,
    Calibration,
    fit_and_check,
    fit_out_of_fold,
)
from fusionnas.statistics.mixture import Mixture


@dataclass(frozen=True, slots=True)
class UnseenRows:
    """Predictions of the test part, and of the rows held out from folds where there are any."""

    tested: Mixture
    truth: np.ndarray  # targets of the test part, (N,) or (N, T)
    held_out: Mixture | None = None
    target: np.ndarray | None = None  # targets of the held-out rows
    # numbers of the compositions of the test rows, (N,), where one has several rows
    groups: np.ndarray | None = None

    def of_target(self, place: int) -> UnseenRows:
        """The rows that have one of several targets."""
        held_out, target = self.held_out, self.target
        if held_out is not None and target is not None:
            held_out, target = _known(held_out, target, place)
        groups = None if self.groups is None else groups_of(self.groups[self.known(place)])
        return UnseenRows(*_known(self.tested, self.truth, place), held_out, target, groups)

    def known(self, place: int) -> np.ndarray:
        """Which test rows have one of several targets, (N,) bool."""
        return np.isfinite(self.truth[:, place])

    def intervals(self, check: bool = True) -> Calibrated | None:
        """The correction of intervals; `check` as in `fusionnas.statistics.calibration`."""
        if self.held_out is None or self.target is None:
            return fit_and_check(self.tested, self.truth, check, self.groups)
        return fit_out_of_fold(self.held_out, self.target, self.tested, self.truth, check)

    def classes(self, check: bool = True) -> tuple[dict[str, Any], Calibrated | None]:
        """The temperature and the prediction sets of classes: `corrected_classes`."""
        held_out = None
        if self.held_out is not None and self.target is not None:
            held_out = (self.held_out.value, self.target)
        return corrected_classes((self.tested.value, self.truth), held_out, check, self.groups)


def _known(found: Mixture, target: np.ndarray, place: int) -> tuple[Mixture, np.ndarray]:
    rows = np.flatnonzero(np.isfinite(target[:, place]))
    return found.of_target(place).take(rows), target[rows, place]


@dataclass(frozen=True, slots=True)
class Corrections:
    """The correction of a model's intervals or sets; of several targets one for each."""

    of_all: Calibrated | None = None
    of_targets: tuple[Calibrated | None, ...] = ()

    @classmethod
    def of(
        cls, rows: UnseenRows, targets: int, correct: Callable[[UnseenRows], Calibrated | None]
    ) -> Corrections:
        """Those of one target (0 `targets`) or several, by a function of the unseen rows."""
        if not targets:
            return cls(correct(rows))
        return cls(None, tuple(correct(rows.of_target(place)) for place in range(targets)))

    @property
    def calibrations(self) -> tuple[Calibration | None, ...]:
        """The corrections of several targets, for a folder."""
        return tuple(None if one is None else one[0] for one in self.of_targets)

    def facts_of(self, place: int) -> dict[str, Any]:
        """The facts about the correction of one of several targets, by their name in a manifest."""
        found = self.of_targets[place]
        return {} if found is None else {"interval": found[1]}
