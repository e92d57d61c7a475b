"""Checks that an exported bundle reproduces the predictions that its study recorded.

The new predictions come from a separate process (`fresh_process`), which reads formulas as a user
writes them. The expected values come from the study's files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.stored_rows import read_stored, readable, stored_cells, stored_table
from fusionnas.data.table import CompositionTable
from fusionnas.errors import ExportError
from fusionnas.models.bundle import Bundle, read_manifest
from fusionnas.models.fresh_process import predict_afresh
from fusionnas.models.predictor import Predictor
from fusionnas.searching.objectives import error_of
from fusionnas.searching.result_file import read_result
from fusionnas.statistics.mixture import Mixture
from fusionnas.statistics.temperature import at_temperature
from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.columns import values_of

if TYPE_CHECKING:
    import pandas as pd

# in standard deviations of the target; matrix products of another device may differ by a thousandth
TOLERANCE = 0.01
MOST_ROWS = 1000  # recorded rows to predict again; this takes about a second
# share that must agree among rows whose recorded formula was rounded, which may change a fraction
ROUNDED_SHARE = 0.95


def verify_chosen(bundle: Path, folder: StudyFolder) -> str:
    """Compare a bundle of the recommended network with the study's test_predictions.csv.

    Returns:
        What was compared, in words.

    Raises:
        ExportError: it predicts other values.
    """
    return _verify_recorded(bundle, folder, "prediction")


def recorded_rows(folder: StudyFolder) -> CompositionTable:
    """The compositions of the test part, at most `MOST_ROWS`, with their conditions."""
    return stored_table(_recorded(folder), folder.conditions)


def _recorded(folder: StudyFolder) -> pd.DataFrame:
    conditions = folder.conditions
    rows = readable(read_stored(folder.path / "test_predictions.csv", conditions), conditions)
    return rows.iloc[:: -(-len(rows) // MOST_ROWS)]


def _verify_recorded(bundle: Path, folder: StudyFolder, column: str) -> str:
    recorded = _recorded(folder)
    formulas = recorded["formula"].tolist()
    found = predict_afresh(bundle, formulas, stored_cells(recorded, folder.conditions))
    std = _std(folder)
    expected = _corrected(bundle, values_of(recorded, column))
    largest = _compare(formulas, found, expected, std)
    return _words(len(formulas), "recorded test predictions", largest)


def verify_predictor(ensemble: Path, folder: StudyFolder) -> str:
    """Compare an ensemble with the predictions that the study recorded for its predictor.

    Raises:
        ExportError: it predicts other values.
    """
    return _verify_recorded(ensemble, folder, "predictor")


def verify_trial(bundle: Path, folder: StudyFolder, number: int) -> str:
    """Compare a bundle of any trial with its stored weights and its recorded validation MAE.

    Raises:
        ExportError: it predicts other values than the weights in this process, or its validation
            MAE is not the recorded one.
    """
    data, conditions = folder.data(), folder.conditions
    data = data[data["part"] == "val"].reset_index(drop=True)
    rows = readable(data, conditions)
    formulas = rows["formula"].tolist()
    found = predict_afresh(bundle, formulas, stored_cells(rows, conditions))
    std, task = _std(folder), folder.task
    expected = _by_weights(folder, number, stored_table(data, conditions))
    value = _corrected(bundle, expected.value[rows.index])
    largest = _compare(formulas, found, value, std)
    result = read_result(folder.trial(number))
    assert result is not None
    repeated = _words(len(formulas), "validation predictions", largest)
    if folder.folds:  # its error is over rows of several networks
        return repeated
    # trainings judge predictions before these are raised to the lower bound of the property
    error = task.error.measure(expected.values[0], values_of(data, "target"))
    unit = 1.0 if folder.facts["data"].get("targets") else std  # that of the error
    if not abs(error - error_of(result)) <= TOLERANCE * unit:
        raise ExportError(
            f"The exported bundle has a validation {task.error.label} of {error:.6g}, and the "
            f"study recorded {error_of(result):.6g} for trial {number}: its files do not "
            "belong together."
        )
    return f"{repeated}; their {task.error.label} is the recorded one"


def _std(folder: StudyFolder) -> Any:
    """The standard deviation of the target, or of each of several, (T,); 1 for classes, whose
    predictions are probabilities."""
    return np.array(folder.facts["data"]["scaling"]["std"], dtype=float)


def _corrected(model: Path, probability: np.ndarray) -> np.ndarray:
    """What a model predicts whose probabilities are corrected; the same without a temperature."""
    facts = read_manifest(model).get("temperature")
    return probability if facts is None else at_temperature(probability, float(facts["value"]))


def _by_weights(folder: StudyFolder, number: int, table: CompositionTable) -> Mixture:
    """Predictions of a trial's stored weights, without the bundle."""
    stored = Bundle.stored(folder.trial(number), folder.facts["data"])
    return Predictor(stored).mixture_of_all(table)


def _compare(formulas: list[str], found: np.ndarray, expected: np.ndarray, std: Any) -> float:
    """The largest difference in standard deviations, over rows whose formula is exact."""
    difference = (np.abs(found - expected) / std).reshape(len(found), -1).max(axis=1)
    rounded = np.array(["." in formula for formula in formulas])
    within = difference <= TOLERANCE
    exact = ~rounded
    fits = within[exact].all() and within[rounded].sum() >= ROUNDED_SHARE * rounded.sum()
    if not fits:
        worst = int(np.where(np.isnan(difference), np.inf, difference).argmax())
        own, theirs = (
            ", ".join(f"{v:.6g}" for v in np.atleast_1d(values[worst]))
            for values in (found, expected)
        )
        raise ExportError(
            f"The exported bundle predicts {own} for {formulas[worst]}, and the study "
            f"has {theirs}: its files do not belong together, or one is damaged."
        )
    return float(difference[exact if exact.any() else within].max())


def _words(rows: int, what: str, largest: float) -> str:
    return (
        f"{rows:,} {what} repeated in a fresh process, none off by more than {largest:.1g} "
        "standard deviations"
    )
