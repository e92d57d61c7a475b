"""A data set for training only, from formulas and targets in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fusionnas.data.class_rows import class_notes
from fusionnas.data.condition_cells import code, encoded
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.classes import Classes
from fusionnas.data.reading.outliers import check_targets
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.several import merge_targets
from fusionnas.data.splits import SMALLEST, Parts, calibration_part, validation_part
from fusionnas.data.table import encode_formulas
from fusionnas.data.weighting import settled_weights
from fusionnas.errors import DataError, OptionError


def training_dataset(
    formulas: Sequence[str],
    targets: np.ndarray,
    *,
    validation_share: float = 0.15,
    calibration_share: float = 0.0,
    merge: str = "median",
    seed: int = 0,
    target: str = "target",
    unit: str = "",
    classes: Classes = (),
    input_columns: Sequence[str] = (),
    cells: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    several: Sequence[tuple[str, str]] = (),
) -> Dataset:
    """Merge duplicates and draw the parts; neither depends on the order of the rows.

    Args:
        formulas: (N,).
        targets: (N,), finite, in `unit`; codes from 0 of classes; (N, T) for several targets, NaN
            where there is no value; a row without any is left out.
        validation_share: the share of the distinct compositions for validation.
        calibration_share: the share for the test part, which corrects intervals; it is drawn
            first, and 0 leaves it empty.
        merge: how several rows of one composition are merged: median, mean, min, first, error.
        seed: master seed of the parts.
        target, unit: the name and the unit of the target, for people.
        classes: names of the classes, by their codes; none for numbers.
        input_columns: names of K conditions beside the formula.
        cells: their cells (N, K), as text.
        weights: how much each row counts, (N,), not negative; rows of weight zero are left out.
            None: all count alike. Several targets have no weights.
        several: name and unit of each of several targets.

    Raises:
        FormulaError: a formula cannot be read; its row is counted from 0. OptionError: an option is
            out of range. DataError: too few distinct compositions.
    """
    if not 0 < validation_share < 1:
        raise OptionError(
            f"The validation share must be between 0 and 1, but got {validation_share}."
        )
    if not 0 <= calibration_share < 1 - validation_share:
        raise OptionError(
            f"The calibration share must be at least 0 and, with the validation share of "
            f"{validation_share:g}, less than 1, but got {calibration_share}."
        )
    table, rows, given = encode_formulas(formulas, "X", first_row=0), np.arange(len(targets)), None
    if several:
        rows = np.flatnonzero(np.isfinite(targets).any(axis=1))
        table, targets = table.take(rows), targets[rows]
        cells = None if cells is None else cells[rows]
    if not classes:
        columns = targets.T if several else [targets]
        for number, column in enumerate(columns):
            known = np.isfinite(column)
            where = f"y, '{several[number][0]}'" if several else "y"
            check_targets(column[known], rows[known], where)
    if weights is not None:
        kept = np.flatnonzero(weights)
        table, targets = table.take(kept), targets[kept]
        cells = None if cells is None else cells[kept]
        given = RowWeights("sample_weight", weights[kept])
    coded = None if cells is None else code(cells, input_columns, "X")
    if coded is not None:
        table = replace(table, conditions=coded.values)
    table, merged, noise, given, together = merge_targets(
        table, targets, merge, "X", given, classes, several
    )
    keys = table.keys()
    rest, calibration = calibration_part(np.arange(len(table)), keys, calibration_share, seed)
    share = validation_share * (len(np.unique(keys)) / max(len(np.unique(keys[rest])), 1))
    train, val = validation_part(rest, keys[rest], share, seed)
    if len(train) < SMALLEST[0] or len(val) < SMALLEST[1]:
        samples = "1 sample" if len(formulas) == 1 else f"{len(formulas)} samples"
        raise DataError(
            f"X has {samples} and {len(table)} distinct compositions; with a validation share of "
            f"{validation_share:g} there are {len(train)} for training and {len(val)} for "
            f"validation, but at least {SMALLEST[0]} and {SMALLEST[1]} are needed."
        )
    parts = Parts(train, val, calibration)
    conditions = None
    if coded is not None and table.conditions is not None:
        conditions, numbers, _ = encoded(coded, table.conditions, train, "X")
        table = replace(table, conditions=numbers)
        parts = replace(parts, groups=np.unique(keys, return_inverse=True)[1])
    card = ("in memory", target, unit, "given in memory", "")
    counts, told = settled_weights(given, table, merged, train, seed)
    notes = (*class_notes(merged, classes, noise.ties), *told)
    made = Dataset(
        *card,
        table,
        merged,
        parts,
        noise,
        notes,
        classes=classes,
        conditions=conditions,
        weights=counts,
        several=together,
    )
    return made.check_learnable() if classes or together else made
