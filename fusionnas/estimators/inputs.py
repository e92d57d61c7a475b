"""Reads the input of scikit-learn: X and y as formulas and targets, and parameters."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.input_columns import read_cells
from fusionnas.data.reading.separator import is_formula_name
from fusionnas.data.reading.targets import no_numbers
from fusionnas.data.reading.training_rows import MISSING
from fusionnas.data.reading.weight_column import check_some
from fusionnas.errors import DataError, FormulaError, OptionError, did_you_mean
from fusionnas.studies.named_network import Named, read_pretrained

# the allowed kinds of an estimator's parameters, beside None if that is the default
_KINDS: dict[str, tuple[tuple[type, ...], tuple[str, ...]]] = {
    "a whole number": ((Integral,), ("width", "epochs", "seed", "trials", "workers")),
    "a number": (
        (Real,),
        ("validation_share", "calibration_share", "time_budget", "gpus_per_trial"),
    ),
    "text": (
        (str,),
        (
            "merge",
            "freeze",
            "layer_rates",
            "device",
            "precision",
            "unit",
            "split",
            "sampler",
            "space",
            "probe",
            "formula_column",
        ),
    ),
    "text or a path": ((str, PathLike), ("recipe", "band", "runs")),
}


def check_parameters(estimator: BaseEstimator) -> None:
    """Raise OptionError if a parameter is of a kind that is not allowed."""
    defaults = inspect.signature(type(estimator)).parameters
    for kind, (types, names) in _KINDS.items():
        for name in names:
            if name not in defaults:
                continue
            value = getattr(estimator, name)
            if value is None and defaults[name].default is None:
                continue
            if not isinstance(value, types) or isinstance(value, bool):
                raise OptionError(f"{name} must be {kind}, but got {value!r}.")


def formulas_of(X: Any, formula_column: str | None = None) -> list[str]:
    """The formulas in X, (N,).

    Raises:
        DataError: X is not one column of formulas and none of its columns has the name, or a
            formula is missing.
        TypeError: X is a sparse matrix, or a single text.
    """
    import pandas as pd

    if isinstance(X, str) or hasattr(X, "tocsr"):
        kind = "one text" if isinstance(X, str) else "a sparse matrix"
        raise TypeError(f"X must be a list, array or table of formulas, but got {kind}.")
    if hasattr(X, "columns"):
        columns = [str(c).strip() for c in X.columns]
        X = X.iloc[:, columns.index(_formula_column(columns, formula_column))]
    texts, cells = np.asarray(X), np.asarray(X, dtype=object)
    if texts.ndim == 2 and texts.shape[1] == 1:
        texts, cells = texts[:, 0], cells[:, 0]
    if texts.ndim != 1:
        raise DataError(f"X must be one column of formulas, but has the shape {texts.shape}.")
    if missing := np.flatnonzero(pd.isna(cells)).tolist():
        raise FormulaError(f"X, row {missing[0]}: {MISSING}")
    return [str(text) for text in texts.tolist()]


def cells_of(X: Any, names: Sequence[str]) -> np.ndarray | None:
    """The conditions of a table X as text (N, K); None for no names.

    Raises:
        DataError: X is no table, or lacks a column.
    """
    if not names:
        return None
    if not hasattr(X, "columns"):
        raise DataError(f"X must be a DataFrame with the columns {', '.join(names)}.")
    return read_cells(X, Path("X"), names)


def weights_of(sample_weight: Any, formulas: list[str]) -> np.ndarray | None:
    """Weights of the rows as float64 (N,); None if all count alike.

    Raises:
        ValueError: they have another length, are not finite, negative, or all zero.
    """
    if sample_weight is None:
        return None
    given = column_or_1d(sample_weight, dtype=np.float64)
    check_consistent_length(formulas, given)
    if wrong := np.flatnonzero(~(np.isfinite(given) & (given >= 0))).tolist():
        raise DataError(
            f"sample_weight must be finite numbers that are not negative, but is "
            f"{given[wrong[0]]} in row {wrong[0]}."
        )
    check_some(given, "sample_weight")
    return given


def _formula_column(columns: list[str], asked: str | None) -> str:
    """The column asked for, otherwise one with a usual name, otherwise the only one."""
    if asked is not None:
        if asked not in columns:
            raise DataError(f"X has no column '{asked}'; {did_you_mean(asked, columns)}")
        if columns.count(asked) > 1:
            raise DataError(f"X has {columns.count(asked)} columns '{asked}'; keep only one.")
        return asked
    for found in (list(filter(is_formula_name, columns)), columns):
        if len(found) == 1:
            return found[0]
    raise DataError(
        f"Which column of X contains the formulas? It has {', '.join(columns)}; name one by "
        "formula_column."
    )


def several_targets_of(y: Any, formulas: list[str]) -> tuple[np.ndarray, list[str]] | None:
    """y as float64 (N, T), NaN for gaps, and the names of T targets; None if it is one column.

    Names are those of the columns of a DataFrame, otherwise target_1, target_2 ...

    Raises:
        ValueError: y has another length, holds infinity, or a column has no number.
    """
    given = np.asarray(y)
    if given.ndim != 2 or given.shape[1] < 2:
        return None
    try:
        targets = given.astype(np.float64)
    except (TypeError, ValueError) as e:
        raise DataError(f"y must be numbers, with NaN for gaps: {e}") from e
    check_consistent_length(formulas, targets)
    count = targets.shape[1]
    names = [str(one).strip() for one in getattr(y, "columns", ())]
    names = names or [f"target_{number}" for number in range(1, count + 1)]
    if len(set(names)) < count:
        raise DataError(f"The columns of y must have different names, but are {', '.join(names)}.")
    if (wrong := np.argwhere(np.isinf(targets))).size:
        row, place = wrong[0].tolist()
        raise DataError(f"y is infinite in row {row} of '{names[place]}'; NaN means a gap.")
    for place, name in enumerate(names):
        if np.isnan(targets[:, place]).all():
            raise DataError(f"y has no value of '{name}' in any row; leave this target out.")
    return targets, names


def targets_of(y: Any, formulas: list[str]) -> np.ndarray:
    """y as finite float64 (N,).

    Raises:
        ValueError: y is missing, has another length, is not one column, or is not finite.
    """
    if y is None:
        raise DataError("Training requires y to be passed, but the target y is None.")
    given = column_or_1d(y, warn=True)
    if kind := no_numbers(given):
        raise DataError(f"y must be numbers, but holds {kind}.")
    targets = column_or_1d(given, dtype=np.float64)
    check_consistent_length(formulas, targets)
    if wrong := np.flatnonzero(~np.isfinite(targets)).tolist():
        raise DataError(
            f"y must be finite numbers, but is {targets[wrong[0]]} in row {wrong[0]}: it contains "
            "NaN or infinity."
        )
    return targets


def without_known(dataset: Dataset, init_from: Named | None) -> tuple[Dataset, np.ndarray]:
    """The data set without the test rows whose compositions the first network of a fine-tuning
    knows, and its test rows; a correction by known ones would be too small."""
    held = dataset.parts.test
    if init_from is not None:
        held = held[~read_pretrained(init_from).knows(dataset, "test")]
        dataset = replace(dataset, parts=replace(dataset.parts, test=held))
    return dataset, held
