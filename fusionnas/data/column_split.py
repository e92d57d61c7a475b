"""Parts from a column of the user: given parts, groups that stay together, or times.

Rows are not merged yet here. A composition stays in one part: if the column puts rows of it into
different parts, these rows are left out, or its groups are joined.

Symbols: N rows, M distinct compositions in the order of their keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusionnas.data.folds import grouped_folds
from fusionnas.data.reading.split_column import TIME, SplitColumn
from fusionnas.data.splits import Parts, by_shares, validation_part
from fusionnas.errors import DataError
from fusionnas.seeding import sub_seed

# label of a part, and the position of the part in PARTS
_LABELS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}
PARTS = ("train", "val", "test")
VALIDATION_SHARE = 0.15  # share of the training rows, if a column marks none


@dataclass(frozen=True, slots=True)
class ColumnParts:
    """The split that a column defines, for the rows and for the distinct compositions."""

    kept: np.ndarray  # rows that remain, ascending
    parts: Parts  # of the compositions, numbered in the order of their keys
    notes: tuple[str, ...]  # what was done, for the log


def split_by_column(
    column: SplitColumn, values: np.ndarray, keys: np.ndarray, seed: int, name: str
) -> ColumnParts:
    """Split by a column.

    Args:
        column: the column, and how it is read.
        values: value of each row, (N,): text, or float64 times.
        keys: composition key of each row, (N,).
        seed: master seed, for choices that the column leaves open.
        name: name of the data, for errors.

    Raises:
        DataError: the column is constant, mixes parts with other labels, or leaves a part empty.
    """
    _, composition = np.unique(keys, return_inverse=True)
    if column.kind == TIME:
        found = _by_time(column, values, composition, name)
    elif column.fold is not None:
        found = _by_group(column, values, composition, seed, name)
    else:
        lower = np.array([str(value).lower() for value in values], dtype=object)
        named = sorted({label for label in lower.tolist() if label in _LABELS})
        others = sorted(
            {str(v) for v, low in zip(values, lower, strict=True) if low not in _LABELS}
        )
        if named and others:
            raise DataError(
                f"{name}: column '{column.name}' has '{named[0]}' beside '{others[0]}'. It must "
                "contain either train, val and test, or labels of groups."
            )
        if named:
            found = _given(column, lower, composition, seed, name)
        else:
            found = _by_group(column, values, composition, seed, name)
    found.parts.check(name)
    return found


def _by_time(
    column: SplitColumn, times: np.ndarray, composition: np.ndarray, name: str
) -> ColumnParts:
    """The earliest compositions train, the latest test; later rows of known ones are left out."""
    first = np.full(composition.max(initial=-1) + 1, np.inf)
    np.minimum.at(first, composition, times)
    moments, moment = np.unique(first, return_inverse=True)
    _check_count(len(moments), f"column '{column.name}' has {len(moments)} different times", name)
    parts = by_shares(np.argsort(first, kind="stable"), moment)
    starts = [first[rows].min() for rows in (parts.val, parts.test)]
    part_of_row = np.searchsorted(starts, times, side="right")
    home = _part_of_composition(parts)[composition]
    return _kept(part_of_row, home, parts, "their composition is in an earlier part already")


def _given(
    column: SplitColumn, labels: np.ndarray, composition: np.ndarray, seed: int, name: str
) -> ColumnParts:
    """Parts as marked; test goes before validation, validation before training."""
    part_of_row = np.array([_LABELS[label] for label in labels.tolist()], dtype=np.int64)
    of_composition = np.zeros(composition.max(initial=-1) + 1, dtype=np.int64)
    np.maximum.at(of_composition, composition, part_of_row)
    for place in (0, 2):
        if not (of_composition == place).any():
            raise DataError(
                f"{name}: column '{column.name}' marks no composition as {PARTS[place]} that is in "
                "no later part. It needs train and test; val is drawn from train if it has none."
            )
    train, val, test = (np.flatnonzero(of_composition == place) for place in range(3))
    drawn: tuple[str, ...] = ()
    if not len(val):
        train, val = validation_part(train, train, VALIDATION_SHARE, seed)
        drawn = (f"column '{column.name}' marks no val: 15% of its training compositions validate",)
    home, parts = of_composition[composition], Parts(train, val, test)
    found = _kept(part_of_row, home, parts, "their composition is also in validation or test")
    return ColumnParts(found.kept, found.parts, (*found.notes, *drawn))


def _by_group(
    column: SplitColumn, labels: np.ndarray, composition: np.ndarray, seed: int, name: str
) -> ColumnParts:
    """Whole groups in random order; groups that share a composition are joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, label = np.unique(labels.astype(str), return_inverse=True)
    _check_count(len(names), f"column '{column.name}' has {len(names)} groups", name)
    size = composition.max() + 1
    # compositions and labels are the nodes of one graph, and each row is an edge
    edges = coo_array(
        (np.ones(len(label)), (composition, size + label)), shape=(size + len(names),) * 2
    )
    groups, joined = connected_components(edges, directed=False)
    notes: tuple[str, ...] = (f"{groups} groups of column '{column.name}' are kept together",)
    if groups < len(names):
        notes = (f"{notes[0]}: those that share a composition are one ({len(names)} labels)",)
        _check_count(groups, f"the labels of column '{column.name}' share compositions", name)
    # numbered by name, so that the order of the rows does not matter
    _, place = np.unique(joined[size:], return_index=True)
    rank = np.empty(groups, dtype=np.int64)
    rank[joined[size:][np.sort(place)]] = np.arange(groups)
    group = rank[joined[:size]]
    if column.fold is not None:
        return ColumnParts(np.arange(len(label)), _fold(column, group, groups, seed, name), notes)
    order = np.random.default_rng(sub_seed(seed, "split", column.kind)).permutation(size)
    return ColumnParts(np.arange(len(label)), by_shares(order, group, keep=True), notes)


def _fold(column: SplitColumn, group: np.ndarray, groups: int, seed: int, name: str) -> Parts:
    """Fold I of K tests; groups (M,) stay together, and 15% of the other groups validate."""
    assert column.fold is not None
    count, place = column.fold
    if groups < count:
        raise DataError(
            f"{name}: column '{column.name}' has {groups} groups, too few for {count} folds."
        )
    test = grouped_folds(group, count)[place]
    rest = np.setdiff1d(np.arange(len(group)), test)
    share = max(VALIDATION_SHARE, 1 / max(len(np.unique(group[rest])), 1))  # one group at least
    train, val = validation_part(rest, group[rest], share, seed)
    return Parts(train, val, np.sort(test), group)


def _check_count(count: int, found: str, name: str) -> None:
    if count < 3:
        raise DataError(
            f"{name}: {found}, but training, validation and test part need one each, so at least "
            "three."
        )


def _part_of_composition(parts: Parts) -> np.ndarray:
    found = np.empty(sum(len(getattr(parts, part)) for part in PARTS), dtype=np.int64)
    for place, part in enumerate(PARTS):
        found[getattr(parts, part)] = place
    return found


def _kept(part_of_row: np.ndarray, home: np.ndarray, parts: Parts, why: str) -> ColumnParts:
    """Leave out the rows that are in another part than their composition, (N,) both."""
    kept = np.flatnonzero(part_of_row == home)
    removed = len(home) - len(kept)
    return ColumnParts(kept, parts, (f"{removed} rows left out: {why}",) if removed else ())
