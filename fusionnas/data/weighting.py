"""How much each row of a table counts: by weights of the user, or by error bars.

A user's weights are relative: only their ratios matter. An error bar, a standard deviation in the
unit of the target, becomes the weight 1 / (s^2 + t^2). The common part t stands for all that a
model errs beyond the error bars: without it, a few rows with tiny error bars would count for all
others.

Rows of one composition are merged by their weights (a weighted median or mean). The merged row's
weight is the sum of theirs. Its error bar is that of their mean weighted by 1 / s^2, widened by the
scale factor of the Particle Data Group where rows differ by more than their error bars say (Navas
et al., Phys. Rev. D 110, 030001 (2024), section 5.2.2).

Symbols: N rows, G rows after merging, s the error bar of a row, t the common part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fusionnas.data.class_rows import votes
from fusionnas.data.clusters import element_statistics
from fusionnas.data.duplicates import merge_duplicates
from fusionnas.data.noise_floor import NoiseFloor
from fusionnas.data.reading.classes import Classes
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.table import CompositionTable
from fusionnas.seeding import sub_seed
from fusionnas.statistics.bootstrap import groups_of
from fusionnas.statistics.common_error import common_error
from fusionnas.statistics.weighted import effective_rows, group_medians

SAMPLE = 2000  # most rows to which the model for the common part is fitted
FOLDS, TREES = 5, 50
NORMAL = math.sqrt(2 / math.pi)  # mean absolute deviation of a normal distribution over its s


def merge_rows(
    table: CompositionTable,
    targets: np.ndarray,
    how: str,
    name: str,
    weights: RowWeights | None,
    classes: Classes = (),
) -> tuple[CompositionTable, np.ndarray, NoiseFloor, RowWeights | None]:
    """Merge the rows of each composition as `merge_duplicates` does, by their weights if any.

    Returns:
        The merged rows, their targets (G,), the noise floor, and their weights.

    Raises:
        OptionError, DataError: as `merge_duplicates`.
    """
    merged, values, noise = merge_duplicates(table, targets, how, name, classes)
    if weights is None:
        return merged, values, noise, None
    _, first, group = np.unique(table.row_keys(), return_index=True, return_inverse=True)
    groups = len(first)
    order = np.lexsort((weights.values, targets, group))  # sums do not depend on that of the file
    targets, weights, group = targets[order], weights.take(order), group[order]
    if classes:
        medians, ties = votes(targets, group, weights.values)
        apart, noise = (targets != medians[group]).astype(float), replace(noise, ties=ties)
    else:
        medians = group_medians(targets, weights.values, group, groups)
        apart = np.abs(targets - medians[group])
    total = np.bincount(group, weights.values, groups)
    means = np.bincount(group, weights.values * targets, groups) / total
    repeated = np.bincount(group, minlength=groups)[group] > 1
    combined = {"median": medians, "mean": medians if classes else means}.get(how, values)
    # a row that is not merged keeps its value to the last bit
    values = np.where(np.bincount(group, minlength=groups) > 1, combined, values)
    if repeated.any():
        deviation = float(np.average(apart[repeated], weights=weights.values[repeated]))
        noise = replace(noise, deviation=deviation, weighted=True)
    if weights.errors is None:
        return merged, values, noise, replace(weights, values=total)
    errors = _merged_errors(targets, means, weights, group, groups)
    noise = replace(noise, of_errors=NORMAL * float(errors.mean()))
    return merged, values, noise, RowWeights.of_errors(weights.column, errors)


def _merged_errors(
    targets: np.ndarray, means: np.ndarray, weights: RowWeights, group: np.ndarray, groups: int
) -> np.ndarray:
    """The error bar of each merged row, (G,)."""
    square = np.bincount(group, weights.values * (targets - means[group]) ** 2, groups)
    freedom = np.maximum(np.bincount(group, minlength=groups) - 1, 1)
    scale = np.maximum(np.sqrt(square / freedom), 1)
    return scale / np.sqrt(np.bincount(group, weights.values, groups))


def settled_weights(
    weights: RowWeights | None,
    table: CompositionTable,
    targets: np.ndarray,
    train: np.ndarray,
    seed: int,
    unit: str = "",
) -> tuple[RowWeights | None, list[str]]:
    """Weights with a mean of 1, and words for the log; error bars get their common part first.

    Args:
        weights: weights of the merged rows; None for none.
        table: the merged rows.
        targets: their targets, (G,).
        train: rows of the training part, the only ones that decide the common part.
        seed: master seed.
        unit: unit of the target.
    """
    if weights is None:
        return None, []
    if weights.errors is not None:
        common = _common_part(weights.errors[train], table.take(train), targets[train], seed)
        weights = weights.with_common(common)
    weights = weights.scaled()
    return weights, [_words(weights, len(table), unit)]


def _common_part(
    errors: np.ndarray, table: CompositionTable, targets: np.ndarray, seed: int
) -> float:
    """The common part, to three digits, from out-of-fold residuals of extra trees."""
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.model_selection import GroupKFold, KFold, cross_val_predict

    own = sub_seed(seed, "common error") % 2**32
    rows = np.sort(np.random.default_rng(own).permutation(len(table))[:SAMPLE])
    part = table.take(rows)
    features = element_statistics(part)
    if part.conditions is not None:
        features = np.concatenate([features, part.conditions], axis=1)
    model = ExtraTreesRegressor(TREES, min_samples_leaf=2, random_state=own, n_jobs=1)
    groups = groups_of(part.keys())  # a composition with several rows stays in one fold
    kind = KFold if groups is None else GroupKFold
    count = FOLDS if groups is None else min(FOLDS, len(np.unique(groups)))
    folds = kind(count, shuffle=True, random_state=own)
    predicted = cross_val_predict(model, features, targets[rows], cv=folds, groups=groups)
    # rounded, so that the last bits of another version of the library change nothing
    return float(f"{common_error(targets[rows] - predicted, errors[rows]):.3g}")


def _words(weights: RowWeights, rows: int, unit: str) -> str:
    count = f"the {rows:,} rows count like {effective_rows(weights.values):,.0f} of equal weight"
    if weights.errors is None:
        low, high = weights.values.min(), weights.values.max()
        return f"weights of column '{weights.column}': {low:.3g} to {high:.3g} of the mean; {count}"
    low, middle, high = (f"{e:.3g}" for e in np.quantile(weights.errors, [0, 0.5, 1]))
    end = f" {unit}" if unit else ""
    return (
        f"error bars of column '{weights.column}': {low} to {high}{end}, median {middle}; with a "
        f"common part of {weights.common:.3g}{end}, {count}; error bars alone give any model a "
        f"mean absolute error of {NORMAL * weights.errors.mean():.3g}{end}"
    )


def joined_weights(parts: Sequence[RowWeights | None]) -> RowWeights | None:
    """The weights of several tables, one after the other; None if they have none."""
    given = [part for part in parts if part is not None]
    if not given:
        return None
    errors = [part.errors for part in given if part.errors is not None]
    return RowWeights(
        given[0].column,
        np.concatenate([part.values for part in given]),
        np.concatenate(errors) if errors else None,
    )
