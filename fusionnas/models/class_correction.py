"""What the rows that chose nothing say about a model of classes: a temperature and sets.

The temperature corrects the probabilities; prediction sets read the corrected ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.statistics.calibration import Calibrated
from fusionnas.statistics.prediction_sets import fit_sets
from fusionnas.statistics.temperature import at_temperature, fit_temperature, logits

Labelled = tuple[np.ndarray, np.ndarray]  # probabilities, (N,) or (N, K), and classes (N,)


def corrected_classes(
    test: Labelled,
    held_out: Labelled | None = None,
    check: bool = True,
    groups: np.ndarray | None = None,
) -> tuple[dict[str, Any], Calibrated | None]:
    """Facts about the temperature, empty without one, and the prediction sets if there are any.

    Args:
        test: the test part, which chose nothing.
        held_out: rows held out from folds, which then give the temperature and the sets, so that
            the test part only checks them.
        check: whether the sets are checked on test rows.
        groups: the number of each test row's composition, where a composition has several.
    """
    chosen_by = test if held_out is None else held_out
    found = fit_temperature(logits(chosen_by[0]), chosen_by[1])
    value = 1.0 if found is None else found.value
    facts: dict[str, Any] = {}
    if found is not None:
        facts["temperature"] = found.to_dict() | {"held_out": held_out is not None}
    own, other = (
        None if rows is None else (at_temperature(rows[0], value), rows[1])
        for rows in (test, held_out)
    )
    assert own is not None
    return facts, fit_sets(*own, other, check, groups)


def at_the_temperature(scaler: Scaler, facts: dict[str, Any]) -> dict[str, Any]:
    """Facts about data whose scale of the logits is corrected by the temperature in `facts`."""
    if "temperature" not in facts:
        return {}
    return {"scaling": scaler.over(facts["temperature"]["value"]).to_plain(), **facts}
