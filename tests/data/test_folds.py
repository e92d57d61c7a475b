"""Folds: which tables get them, and that every row outside of the test part is held out once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import (
    development_rows,
    fold_count,
    places,
    search_folds,
    study_splits,
)
from fusionnas.data.splits import Parts
from fusionnas.errors import DataError, OptionError
from tests.made.small_data import small_dataset


def of_rows(train: int, val: int) -> Dataset:
    """A data set whose parts have these sizes; nothing else of it is looked at."""
    rows = np.arange(train + val + 5)
    parts = Parts(rows[:train], rows[train : train + val], rows[train + val :])
    return replace(small_dataset(60), parts=parts)


def test_small_tables_get_folds_and_large_ones_none() -> None:
    assert fold_count("auto", of_rows(4000, 900)) == 5
    assert fold_count("auto", of_rows(4000, 1000)) == 0
    assert fold_count("off", of_rows(100, 20)) == 0
    assert fold_count("7", of_rows(9000, 2000)) == 7
    assert (search_folds(5), search_folds(2), search_folds(0)) == (3, 2, 0)


def test_too_few_rows_give_fewer_folds_and_then_a_refusal() -> None:
    """A fold must be as large as a validation part may be, and leave a training part."""
    assert fold_count(8, of_rows(12, 3)) == 5
    assert fold_count("auto", of_rows(12, 3)) == 5
    assert fold_count("auto", of_rows(10, 3)) == 0  # the validation part, as without folds
    with pytest.raises(DataError, match=r"with 13 .* rows and 4 folds, 9 rows remain"):
        fold_count(4, of_rows(10, 3))
    with pytest.raises(DataError, match="2 folds, 7 rows remain"):
        fold_count(2, of_rows(12, 3))


@pytest.mark.parametrize("wrong", ["1", "0", "-3", "many", "2.5", ""])
def test_a_number_of_folds_is_a_whole_one_from_two_on(wrong: str) -> None:
    with pytest.raises(OptionError, match="--folds must be auto, off or a number of at least 2"):
        fold_count(wrong, of_rows(100, 20))


def test_every_row_is_held_out_once_and_the_test_part_never() -> None:
    parts = of_rows(40, 11).parts
    splits = study_splits(parts, 4, seed=1)
    assert len(splits) == 4
    held_out = np.concatenate([split.val for split in splits])
    np.testing.assert_array_equal(np.sort(held_out), development_rows(parts))
    for split in splits:
        both = np.concatenate([split.train, split.val])
        np.testing.assert_array_equal(np.sort(both), development_rows(parts))
        np.testing.assert_array_equal(split.test, parts.test)
    again = study_splits(parts, 4, seed=1)
    assert all((a.val == b.val).all() for a, b in zip(splits, again, strict=True))
    assert study_splits(parts, 0, seed=1) == [parts]


def test_rows_are_found_again_among_those_of_other_folds() -> None:
    parts = of_rows(40, 11).parts
    few, many = (
        np.concatenate([split.val for split in study_splits(parts, folds, seed=1)])
        for folds in (3, 5)
    )
    assert (few != many).any()
    np.testing.assert_array_equal(few[places(many, few)], many)
