"""Splits of distinct compositions into training, validation and test parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusionnas.data.clusters import clusters
from fusionnas.data.elements import NUMBERS
from fusionnas.data.reading.split_column import fold_numbers
from fusionnas.data.table import CompositionTable
from fusionnas.errors import DataError, OptionError
from fusionnas.seeding import sub_seed

SPLIT_HELP = (
    "random, chemical-system, leave-out:ELEMENT, folds:K:I (fold I of K, from 0), folds:K:I:NAME "
    "(groups of a column stay together), cluster:K, cluster:K:I, column:NAME or time:NAME"
)
SHARES = (0.70, 0.15, 0.15)
SMALLEST = (10, 3, 3)  # the smallest numbers of compositions with which a part is useful


@dataclass(frozen=True, slots=True)
class Parts:
    """Row numbers of the parts, int64; no row is in two of them."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    groups: np.ndarray | None = None  # (N,) of all rows; folds keep rows of one group together

    def check(self, name: str) -> Parts:
        """Raise DataError if a part is too small to be used."""
        for part, smallest in zip(("train", "val", "test"), SMALLEST, strict=True):
            rows = len(getattr(self, part))
            if rows < smallest:
                raise DataError(
                    f"{name}: the {part} part has {rows} compositions, but at least {smallest} "
                    "are needed; give more rows or another split."
                )
        return self


def split(table: CompositionTable, how: str, seed: int, name: str) -> Parts:
    """Split a table of distinct compositions.

    Args:
        how: one of `SPLIT_HELP` that needs no column.
        seed: master seed; the same seed splits the same table the same way.
        name: the name of the data, for errors.

    Raises:
        OptionError: `how` is not offered. DataError: a part would be too small.
    """
    kind, *details = how.split(":")
    # the details do not change the seed: all folds of one seed use the same random order
    order = np.random.default_rng(sub_seed(seed, "split", kind)).permutation(len(table))
    if (kind, details) == ("random", []):
        parts = by_shares(order, np.arange(len(table)))
    elif (kind, details) == ("chemical-system", []):
        parts = by_shares(order, _chemical_systems(table), keep=True)
    elif kind == "leave-out" and len(details) == 1:
        if details[0] not in NUMBERS:
            raise OptionError(
                f"'{how}': there is no element '{details[0]}'; symbols are written like 'Fe'."
            )
        out = table.contains(NUMBERS[details[0]])
        parts = _with_test(order, out)
    elif kind == "folds" and len(details) == 2:
        k, i = fold_numbers(how, details)
        out = np.zeros(len(table), dtype=bool)
        out[np.array_split(order, k)[i]] = True
        parts = _with_test(order, out)
    elif kind == "cluster" and len(details) in (1, 2) and all(map(_is_whole, details)):
        parts = _by_cluster(table, order, how, [int(d) for d in details], seed)
    else:
        raise OptionError(f"There is no split '{how}'; known: {SPLIT_HELP}.")
    return parts.check(name)


def of_rows(parts: Parts, keys: np.ndarray) -> Parts:
    """Parts of rows, from parts of their distinct compositions in the order of the keys.

    All rows of a composition come into its part, and folds keep them together. `keys` (N,) has the
    key of each row's composition.
    """
    _, composition = np.unique(keys, return_inverse=True)
    groups = composition if parts.groups is None else parts.groups[composition]
    train, val, test = (
        np.flatnonzero(np.isin(composition, part)) for part in (parts.train, parts.val, parts.test)
    )
    return Parts(train, val, test, groups)


def validation_part(
    rows: np.ndarray, keys: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation rows drawn from `rows`; a composition is never divided.

    Args:
        rows: row numbers (M,).
        keys: the composition key of each row, (M,).
        share: the share of the compositions for validation.
        seed: master seed.
    """
    return _drawn(rows, keys, share, sub_seed(seed, "validation"))


def calibration_part(
    rows: np.ndarray, keys: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The other rows, and the rows that correct intervals; arguments as for `validation_part`."""
    return _drawn(rows, keys, share, sub_seed(seed, "calibration"))


def _drawn(
    rows: np.ndarray, keys: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    compositions, group = np.unique(keys, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(compositions))
    drawn = np.zeros(len(compositions), dtype=bool)
    drawn[order[: round(share * len(compositions))]] = True
    return rows[~drawn[group]], rows[drawn[group]]


def by_shares(order: np.ndarray, group: np.ndarray, keep: bool = False) -> Parts:
    """Assign whole groups, in the order of their first row, until each part has its share.

    Args:
        order: all rows, (N,), in random order or by time.
        group: number of the group of each row, (N,), from 0 without gaps.
        keep: whether folds of the training and validation rows keep the groups together, too.
    """
    _, first = np.unique(group[order], return_index=True)
    rank = np.empty(group.max(initial=0) + 1, dtype=np.int64)
    shuffled_groups = group[order][np.sort(first)]  # groups in order of first appearance
    rank[shuffled_groups] = np.arange(len(shuffled_groups))
    rows = order[np.argsort(rank[group[order]], kind="stable")]
    ends = np.cumsum(np.bincount(rank[group]))  # rows up to the end of each group
    cuts = [int(SHARES[0] * len(rows)), int((SHARES[0] + SHARES[1]) * len(rows))]
    # each cut is moved to the last group boundary at or before it, but no part is left empty
    first_cut, second_cut = (int(np.searchsorted(ends, cut, side="right")) for cut in cuts)
    if len(ends) >= 3:
        first_cut = min(max(first_cut, 1), len(ends) - 2)
        second_cut = min(max(second_cut, first_cut + 1), len(ends) - 1)
    bounds = np.concatenate([[0], ends])
    a, b = int(bounds[first_cut]), int(bounds[second_cut])
    parts = (np.sort(rows[:a]), np.sort(rows[a:b]), np.sort(rows[b:]))
    return Parts(*parts, group if keep else None)


def _by_cluster(
    table: CompositionTable, order: np.ndarray, how: str, details: list[int], seed: int
) -> Parts:
    """Whole clusters in the parts; with I, cluster I is the test part and others validate."""
    k, *left_out = details
    if k < 3 or k > len(table) or (left_out and left_out[0] >= k):
        raise OptionError(
            f"In 'cluster:K' and 'cluster:K:I', 3 <= K <= {len(table):,} (the number of "
            f"compositions) and 0 <= I < K must hold, but got '{how}'."
        )
    cluster = clusters(table, k, sub_seed(seed, "split", "clusters"))
    if not left_out:
        return by_shares(order, cluster, keep=True)
    test = cluster == left_out[0]
    rest = order[~test[order]]
    _, ranks = np.unique(cluster[rest], return_inverse=True)
    # clusters in random order validate until they are 15% of the rows; at least one does
    sizes = np.bincount(ranks)
    shuffled = ranks[np.sort(np.unique(ranks, return_index=True)[1])]
    ends = np.cumsum(sizes[shuffled])
    count = max(1, int(np.searchsorted(ends, 0.15 * len(rest), side="right")))
    validating = np.isin(ranks, shuffled[:count])
    return Parts(
        np.sort(rest[~validating]), np.sort(rest[validating]), np.flatnonzero(test), cluster
    )


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _with_test(order: np.ndarray, test: np.ndarray) -> Parts:
    """The marked rows are the test part; 85% of the others train, 15% validate."""
    rest = order[~test[order]]
    cut = int(0.85 * len(rest))
    return Parts(np.sort(rest[:cut]), np.sort(rest[cut:]), np.flatnonzero(test))


def _chemical_systems(table: CompositionTable) -> np.ndarray:
    """A number for each row's set of elements, (N,)."""
    found: dict[tuple[int, ...], int] = {}
    system = np.empty(len(table), dtype=np.int64)
    for rows, numbers, _ in table.groups().values():
        for row, elements in zip(rows, np.sort(numbers, axis=1).tolist(), strict=True):
            system[row] = found.setdefault(tuple(elements), len(found))
    return system
