"""The test compounds for the page: prediction, error, and the known compounds that are nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.conditions import Conditions
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.nearest import NearestComposition
from fusionnas.data.stored_rows import stored_cells
from fusionnas.errors import StudyError
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd

MOST = 20_000  # compounds that the page holds
EXPLAINED = 2000  # of them have their nearest training compounds
NEIGHBOURS = 3


def compounds(material: FinishedStudy) -> dict[str, Any] | None:
    """Plain data for `compounds.js`; None where the study keeps no predictions, or has several
    targets.

    Rows are sorted by falling error. Of a test part with more than `MOST` these are the worst and
    an even choice of the others; each row from `whole` on then stands for `weight` rows. `near`
    holds, by the place of a row, indices into `known` with distances from 0 to 1.
    """
    if material.facts["data"].get("targets"):
        return None
    try:
        frame = material.predictions
    except StudyError:
        return None
    value, target, stated = _one_number(material)
    error = np.abs(value - target)
    order = np.argsort(-error, kind="stable")
    order = order[_choice(len(order), MOST)]
    table = material.test_compositions.take(order)
    ends = table.offsets
    elements = [
        " ".join(SYMBOLS[z] for z in table.numbers[ends[i] : ends[i + 1]])
        for i in range(len(order))
    ]
    explained = _choice(len(order), EXPLAINED)
    whole = MOST // 2
    known, near = _neighbours(material, order[explained])
    return {
        "unit": material.unit,
        "whose": material.model,
        "of": len(frame),
        "whole": whole,
        "weight": (len(frame) - whole) / (len(order) - whole) if len(order) < len(frame) else 1,
        "formulas": _labels(frame.iloc[order], material.folder.conditions),
        "elements": elements,
        "target": _rounded(target[order]),
        "value": _rounded(value[order]),
        "stated": _rounded(stated[order]),
        "known": known,
        "near": dict(zip(explained.tolist(), near, strict=False)),  # empty without the data
    }


def _choice(count: int, most: int) -> np.ndarray:
    """Places of at most so many rows: the first ones and an even choice of the others."""
    if count <= most:
        return np.arange(count)
    first = most // 2
    others = np.linspace(first, count - 1, most - first).astype(int)
    return np.concatenate([np.arange(first), others])


def _one_number(material: FinishedStudy) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prediction, target and uncertainty of each compound, (N,).

    Of several classes, these are the probability of the true class, 1, and the uncertainty of that
    probability.
    """
    value, spread = material.tested_values
    target = material.predictions["target"].to_numpy(float)
    if value.ndim == 1:
        return value, target, spread
    rows = np.arange(len(target)), target.astype(int)
    return value[rows], np.ones(len(target)), spread[rows]


def _neighbours(
    material: FinishedStudy, order: np.ndarray
) -> tuple[list[list[Any]], list[list[list[float]]]]:
    """Training compounds with their values, and for each test compound the nearest of them."""
    try:
        data = material.data
    except StudyError:
        return [], []
    rows = np.flatnonzero(data["part"].isin(material.seen_parts))
    if not len(rows):
        return [], []
    index = NearestComposition(material.compositions.take(rows))
    found = index.find_several(material.test_compositions.take(order), NEIGHBOURS)
    used = np.unique(found.rows[found.rows >= 0])
    place = {int(row): i for i, row in enumerate(used)}
    labels = _labels(data.iloc[rows[used]], material.folder.conditions)
    values = _rounded(data["target"].to_numpy(float)[rows[used]])
    near = [
        [[place[int(r)], round(float(d), 3)] for r, d in zip(*pair, strict=True) if r >= 0]
        for pair in zip(found.rows, found.distances, strict=True)
    ]
    return [list(pair) for pair in zip(labels, values, strict=True)], near


def _labels(frame: pd.DataFrame, conditions: Conditions | None) -> list[str]:
    """The formula of each row, with its conditions: `NaCl at temperature=300`."""
    cells = stored_cells(frame, conditions)
    named = [[f"{name}={one}" for one in column] for name, column in cells.items()]
    return [
        " at ".join(filter(None, (formula, ", ".join(told))))
        for formula, *told in zip(frame["formula"].tolist(), *named, strict=True)
    ]


def _rounded(values: np.ndarray) -> list[float]:
    """Eight significant digits: means over them are shown to four, as elsewhere."""
    return [float(f"{value:.8g}") for value in values]
