"""The columns of a prediction: of a number, of each of several targets, or of a class."""

from __future__ import annotations

from itertools import compress
from typing import Any

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError
from fusionnas.models.combined import CombinedMembers
from fusionnas.models.known_values import keys
from fusionnas.models.member import SharedInputs
from fusionnas.models.ranking import Window
from fusionnas.statistics.class_metrics import most_probable, of_each_class
from fusionnas.statistics.mixture import Mixture
from fusionnas.statistics.prediction_sets import sets_of
from fusionnas.tasks.columns import columns_of
from fusionnas.tasks.kinds import check_predicts_numbers


def columns_of_prediction(
    model: CombinedMembers, table: CompositionTable, interval: float, window: Window | None
) -> dict[str, Any]:
    """Columns of N values by name, which `Predictor.predict` describes.

    Args:
        model: what predicts.
        table: N rows.
        interval: chance that the true value is in the interval or set.
        window: range of wanted values, in the unit of the target.

    Raises:
        OptionError: the model predicts classes or several targets, and there is a window.
    """
    if model.targets:
        return _of_targets(model, table, interval, window)
    if model.classes:
        return _of_classes(model, table, interval, window)
    return _of_numbers(model, model.mixture(table), interval, window)


def _of_numbers(
    model: CombinedMembers, found: Mixture, interval: float, window: Window | None
) -> dict[str, Any]:
    lower, upper = model.interval(found, interval)
    columns: dict[str, Any] = {"value": found.value, "lower": lower, "upper": upper}
    columns["uncertainty"] = found.uncertainty
    if model.is_ensemble:
        columns |= {"aleatoric": found.aleatoric, "epistemic": found.epistemic}
    if window is not None:
        columns["probability"] = model.chance(found, window)
    return columns


def _of_targets(
    model: CombinedMembers, table: CompositionTable, interval: float, window: Window | None
) -> dict[str, Any]:
    """The columns of each target, with its name; the trunk of a network is computed once."""
    if window is not None:
        check_predicts_numbers(model.manifest, "a range of wanted values")
    inputs = SharedInputs(table, model.device)
    columns: dict[str, Any] = {}
    for name, one in zip(model.targets, model.each, strict=True):
        own = _of_numbers(one, one.mixture_of(inputs), interval, None)
        if one.known is not None:
            own |= one.known.columns(keys(table, model.conditions))
        columns |= {f"{key}_{name}": values for key, values in own.items()}
        columns[f"unit_{name}"] = one.unit
    return columns


def _of_classes(
    model: CombinedMembers, table: CompositionTable, interval: float, window: Window | None
) -> dict[str, Any]:
    if window is not None:
        raise OptionError("A class has no range of wanted values; sort by a probability.")
    found = model.mixture(table)
    code, each = most_probable(found.value), of_each_class(found.value)
    columns = {
        "class": [model.classes[place] for place in code.tolist()],
        "probability": each[np.arange(len(code)), code],
        **columns_of("value", found.value, model.classes),
    }
    if model.calibration is not None:
        columns["set"] = [
            ", ".join(compress(model.classes, held))
            for held in sets_of(model.calibration, found.value, interval)
        ]
    return columns
