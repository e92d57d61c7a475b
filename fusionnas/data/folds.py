"""Folds of a small table: every row outside the test part is held out once.

The validation part of a small table is too small to make choices. So its training and validation
rows are divided into K folds, and a model is fitted K times, each time without one fold. Together
these models predict every row once without having seen it (out-of-fold predictions).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.split_column import TIME
from fusionnas.data.splits import SMALLEST, Parts
from fusionnas.errors import DataError, OptionError
from fusionnas.seeding import sub_seed

# A search compares networks with few folds, and trains each for a third of the time, so a trial
# takes the same time as without folds. The final training has more folds.
SEARCH_FOLDS = 3
SMALL = 5000  # with fewer training and validation rows, `auto` gives a table folds
FINAL_FOLDS = 5
AUTO, OFF = "auto", "off"


def fold_count(folds: str | int, dataset: Dataset, seed: int = 0) -> int:
    """The number of folds in the final training; 0 means the validation part instead of folds.

    Args:
        folds: auto, off, or a number. A table with too few rows for this number gets fewer folds.
            With auto, a table that is too small for any folds has none.
        dataset: the table; of several targets, each must have rows in each fold.
        seed: master seed.

    Raises:
        OptionError: `folds` is none of these. DataError: too few rows for the requested folds.
    """
    text = str(folds)
    rows = len(dataset.parts.train) + len(dataset.parts.val)
    if text == OFF or (text == AUTO and rows >= SMALL):
        return 0
    if text != AUTO and not (text.isascii() and text.isdigit() and int(text) >= 2):
        raise OptionError(f"--folds must be auto, off or a number of at least 2, but got '{text}'.")
    if dataset.split.startswith(f"{TIME}:"):
        if text == AUTO:
            return 0
        raise OptionError(
            f"--split {dataset.split} validates on rows that are later than the training rows, but "
            "folds would train on later rows, too; use --folds off."
        )
    most = rows // SMALLEST[1]  # a fold is a validation part
    found = min(FINAL_FOLDS if text == AUTO else int(text), most)
    if dataset.several:
        return _of_targets(dataset, found, seed, text == AUTO)
    if dataset.parts.groups is not None:
        return _of_groups(dataset, dataset.parts.groups, found, text == AUTO)
    trained_on = rows - -(-rows // max(found, 1))
    if found >= 2 and trained_on >= SMALLEST[0]:
        return found
    if text == AUTO:
        return 0
    raise DataError(
        f"{dataset.name}: with {rows} training and validation rows and {found} folds, {trained_on} "
        f"rows remain for training, but at least {SMALLEST[0]} are needed; give more rows, or use "
        "--folds off."
    )


def _of_groups(dataset: Dataset, group: np.ndarray, most: int, automatic: bool) -> int:
    """The largest number of folds, at most `most`, that whole groups can fill; 0 with auto."""
    groups = len(np.unique(group[development_rows(dataset.parts)]))
    for found in range(min(most, groups), 1, -1):
        splits = [
            parts
            for count in (found, search_folds(found))
            for parts in study_splits(dataset.parts, count, 0)
        ]
        if all(len(p.train) >= SMALLEST[0] and len(p.val) >= SMALLEST[1] for p in splits):
            return found
    if automatic:
        return 0
    raise DataError(
        f"{dataset.name}: the groups of --split {dataset.split} are too few or too unequal for "
        "folds; use --folds off."
    )


def _of_targets(dataset: Dataset, most: int, seed: int, automatic: bool) -> int:
    """The largest number of folds, at most `most`, in which each target has rows; 0 with auto."""
    known, groups = np.isfinite(dataset.targets), dataset.parts.groups
    if groups is not None:
        most = min(most, len(np.unique(groups[development_rows(dataset.parts)])))
    for found in range(most, 1, -1):
        splits = [
            parts
            for count in (found, search_folds(found))
            for parts in study_splits(dataset.parts, count, seed)
        ]
        if all(
            known[part].sum(axis=0).min() >= smallest
            for parts in splits
            for part, smallest in zip((parts.train, parts.val), SMALLEST, strict=False)
        ):
            return found
    if automatic:
        return 0
    raise DataError(
        f"{dataset.name}: a target has too few values for folds; leave it out, give more rows, or "
        "use --folds off."
    )


def search_folds(folds: int) -> int:
    """The number of folds of a trial in a study whose final training has `folds`."""
    return min(folds, SEARCH_FOLDS)


def study_splits(parts: Parts, folds: int, seed: int) -> list[Parts]:
    """The splits that a network is trained on: one, or one for each fold.

    Args:
        parts: the parts of the data set.
        folds: the number of folds; 0 does not change the parts.
        seed: master seed.
    """
    if folds == 0:
        return [parts]
    rows = development_rows(parts)
    if parts.groups is not None:
        return list(_without_each(rows, grouped_folds(parts.groups[rows], folds), parts.test))
    order = np.random.default_rng(sub_seed(seed, "folds")).permutation(len(rows))
    return list(_without_each(rows, np.array_split(order, folds), parts.test))


def development_rows(parts: Parts) -> np.ndarray:
    """Rows of the training and the validation part, ascending."""
    return np.sort(np.concatenate([parts.train, parts.val]))


def places(rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """The index of each of `rows` in `among`, which has the same rows in another order."""
    order = np.argsort(among)
    return order[np.searchsorted(among, rows, sorter=order)]


def grouped_folds(group: np.ndarray, folds: int) -> list[np.ndarray]:
    """Folds of whole groups, as equal as possible; the largest group is placed first."""
    from sklearn.model_selection import GroupKFold

    rows = np.arange(len(group))
    return [held_out for _, held_out in GroupKFold(folds).split(rows, groups=group)]


def _without_each(rows: np.ndarray, folds: list[np.ndarray], test: np.ndarray) -> Iterator[Parts]:
    for fold in folds:
        held_out = np.zeros(len(rows), dtype=bool)
        held_out[fold] = True
        yield Parts(rows[~held_out], rows[held_out], test)
