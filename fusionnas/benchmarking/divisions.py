"""Ways to divide a table other than its own folds: chemistry or values that training never saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.splits import Parts, split
from fusionnas.data.weighting import merge_rows, settled_weights
from fusionnas.errors import DataError
from fusionnas.seeding import sub_seed

GIVEN = "given"  # the table's own folds
ELEMENTS, SYSTEMS, CLUSTERS, TAIL = "elements", "chemical-systems", "clusters", "tail"
SPLITS = (GIVEN, ELEMENTS, SYSTEMS, CLUSTERS, TAIL)
CLUSTER_COUNT = 5
_HELD_OUT = (0.01, 0.35)  # share of the rows that contain an element that is left out
_TAIL = 0.1  # share of the rows with the highest targets


def folds_of_division(how: str, whole: Dataset) -> tuple[str, ...]:
    """The outer folds of a way to divide a table.

    Args:
        how: elements (one element for each fold, the most frequent of those that at most a third of
            the rows contain); chemical-systems (no set of elements is in two parts); clusters (one
            of five clusters of compositions for each fold); tail (the tenth of the rows with the
            highest targets).
        whole: the table, divided in any way.

    Raises:
        DataError: the highest targets of classes are asked for, or the table has conditions.
    """
    whole.only_formulas("another split than its own folds")
    if how == ELEMENTS:
        return tuple(f"leave-out:{symbol}" for symbol in common_elements(whole))
    if how == SYSTEMS:
        return ("chemical-system",)
    if how == CLUSTERS:
        return tuple(f"cluster:{CLUSTER_COUNT}:{fold}" for fold in range(CLUSTER_COUNT))
    if whole.classes:
        raise DataError("its target is a class, which has no highest values (--split tail)")
    return (TAIL,)


def common_elements(dataset: Dataset, most: int = 5) -> list[str]:
    """Symbols of frequent elements, the most frequent first, none in a third of the rows."""
    table, low, high = dataset.table, *_HELD_OUT
    share = {z: float(table.contains(z).mean()) for z in table.elements()}
    fitting = [z for z in share if low <= share[z] <= high]
    return [SYMBOLS[z] for z in sorted(fitting, key=lambda z: -share[z])[:most]]


def divided(dataset: Dataset, fold: str, seed: int) -> Dataset:
    """The same rows with other parts; rows of one composition are merged before.

    Args:
        dataset: the table, divided in any way.
        fold: one of `folds_of_division`.
        seed: master seed.
    """
    dataset.only_formulas("another split than its own folds")
    given = dataset.weights
    if given is not None and given.errors is not None:  # the common part is that of other rows
        given = RowWeights.of_errors(given.column, given.errors)
    table, targets, noise, weights = merge_rows(
        dataset.table, dataset.targets, "median", dataset.name, given, dataset.classes
    )
    if fold == TAIL:
        parts = _by_target(targets, seed).check(dataset.name)
    else:
        parts = split(table, fold, seed, dataset.name)
    weights, _ = settled_weights(weights, table, targets, parts.train, seed, dataset.unit)
    return replace(
        dataset,
        table=table,
        targets=targets,
        parts=parts,
        noise=noise,
        notes=(),
        split=fold,
        weights=weights,
    )


def _by_target(targets: np.ndarray, seed: int) -> Parts:
    """The highest targets (N,) are the test part; 15% of the others validate, at random."""
    order = np.argsort(targets, kind="stable")
    cut = len(order) - round(_TAIL * len(order))
    rest = np.random.default_rng(sub_seed(seed, "split", TAIL)).permutation(order[:cut])
    ends = round(0.85 * len(rest))
    return Parts(np.sort(rest[:ends]), np.sort(rest[ends:]), np.sort(order[cut:]))
