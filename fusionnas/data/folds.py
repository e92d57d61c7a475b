"""Folds of a small table: every row outside of the test part is held out once.

A validation part of a small table is too small to choose by. So its training and validation rows
are cut into K folds, and a model is fitted K times, each time without one of them. Together the
predictions for the rows that were held out (out-of-fold predictions) are as many as there are rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.splits import SMALLEST, Parts
from fusionnas.errors import DataError, OptionError
from fusionnas.seeding import sub_seed

# A search compares networks by folds that are few, and trains each for a third as long, so that a
# trial costs what it costs without folds; the final training has more of them.
SEARCH_FOLDS = 3
SMALL = 5000  # training and validation rows below which a table gets folds by itself
FINAL_FOLDS = 5
AUTO, OFF = "auto", "off"


def fold_count(folds: str | int, dataset: Dataset) -> int:
    """How many folds the final training of this table has; 0 is none, but the validation part.

    Args:
        folds: auto, off, or a number; a table with too few rows for it gets fewer. With auto one
            that is too small for any has none.
        dataset: the table.

    Raises:
        OptionError: neither of these. DataError: too few rows for folds that were asked for.
    """
    text = str(folds)
    rows = len(dataset.parts.train) + len(dataset.parts.val)
    if text == OFF or (text == AUTO and rows >= SMALL):
        return 0
    if text != AUTO and not (text.isascii() and text.isdigit() and int(text) >= 2):
        raise OptionError(f"--folds must be auto, off or a number from 2 on, but got '{text}'.")
    most = rows // SMALLEST[1]  # a fold is a validation part
    found = min(FINAL_FOLDS if text == AUTO else int(text), most)
    trained_on = rows - -(-rows // max(found, 1))
    if found >= 2 and trained_on >= SMALLEST[0]:
        return found
    if text == AUTO:
        return 0
    raise DataError(
        f"{dataset.name}: of {rows} training and validation rows, {found} folds leave {trained_on} "
        f"to train on, and at least {SMALLEST[0]} are needed; give more rows, or --folds off."
    )


def search_folds(folds: int) -> int:
    """How many folds a trial has in a study whose final training has `folds`."""
    return min(folds, SEARCH_FOLDS)


def study_splits(parts: Parts, folds: int, seed: int) -> list[Parts]:
    """The splits that a network is trained on: one, or one for each fold.

    Args:
        parts: of the data set.
        folds: how many; 0 leaves the parts as they are.
        seed: master seed.
    """
    if folds == 0:
        return [parts]
    rows = development_rows(parts)
    order = np.random.default_rng(sub_seed(seed, "folds")).permutation(len(rows))
    return list(_without_each(rows, np.array_split(order, folds), parts.test))


def development_rows(parts: Parts) -> np.ndarray:
    """Rows of the training and the validation part, ascending."""
    return np.sort(np.concatenate([parts.train, parts.val]))


def places(rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Where each of `rows` stands in `among`, which has the same rows in another order."""
    order = np.argsort(among)
    return order[np.searchsorted(among, rows, sorter=order)]


def _without_each(rows: np.ndarray, folds: list[np.ndarray], test: np.ndarray) -> Iterator[Parts]:
    for fold in folds:
        held_out = np.zeros(len(rows), dtype=bool)
        held_out[fold] = True
        yield Parts(rows[~held_out], rows[held_out], test)
