"""What a study predicts for its test part, with the correction of the intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusionnas.models.bundle import MANIFEST, lower_bound_of
from fusionnas.statistics.calibration import Calibration, calibration_rows
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.finished import FinishedStudy


@dataclass(frozen=True, slots=True)
class Intervals:
    """Predictions of the test part, their targets, and the correction of their intervals."""

    subject: str  # predictor or network
    found: Mixture  # predictions of the test part
    target: np.ndarray  # its targets, (N,)
    correction: Calibration | None
    unit: str
    rows: np.ndarray  # (N,) bool, which of them it was fitted to; none in a study with folds


def intervals_of(material: FinishedStudy) -> Intervals:
    """Of the predictor, or of the recommended network where a study has no predictor."""
    table, folder, summary = material.predictions, material.folder, material.summary
    target, unit = table["target"].to_numpy(float), material.unit
    joined = (folder.predictor / MANIFEST).is_file()
    corrected = "interval" in (summary["predictor"] if joined else summary)
    rows = np.zeros(len(table), dtype=bool)
    if corrected and not folder.folds:
        rows = calibration_rows(len(table), material.test_groups)
    if joined:
        correction = material.predictor.calibration if corrected else None
        return Intervals("predictor", material.tested, target, correction, unit, rows)
    value, spread = (table[name].to_numpy(float) for name in ("prediction", "uncertainty"))
    bound = lower_bound_of(material.facts["data"])
    found = Mixture(value[None], spread[None], lower_bound=bound)
    correction = material.own_correction
    if corrected and correction is None and rows.any():  # its bundle is gone
        correction = Calibration.of(found.take(rows), target[rows])
    return Intervals("network", found, target, correction if corrected else None, unit, rows)
