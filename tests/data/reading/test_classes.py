"""Columns of classes: what is found by itself, what is asked for, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fusionnas
from fusionnas.data.reading.classes import read_targets
from fusionnas.errors import DataError, OptionError
from tests.made.small_data import small_dataset


@pytest.mark.parametrize(
    ("cells", "names", "codes"),
    [
        (["metal", "insulator", "metal"], ("insulator", "metal"), [1, 0, 1]),
        (["yes", "no", "no"], ("no", "yes"), [1, 0, 0]),
        (["metal", "non-metal", ""], ("non-metal", "metal"), [1, 0, np.nan]),
        ([True, False, True], ("False", "True"), [1, 0, 1]),
        (["True", "False", "True"], ("False", "True"), [1, 0, 1]),
        (["rock salt", "spinel", "fluorite"], ("fluorite", "rock salt", "spinel"), [1, 2, 0]),
        (["Na", "K", "NA", "n/a", "null"], ("K", "Na"), [1, 0, *[np.nan] * 3]),
    ],
)
def test_words_and_booleans_are_classes(
    cells: list[object], names: tuple[str, ...], codes: list[float]
) -> None:
    found, reasons, classes = read_targets(pd.Series(cells), "t", None)
    assert classes == names
    np.testing.assert_array_equal(found, codes)
    assert list(reasons) == np.flatnonzero(np.isnan(codes)).tolist()


def test_numbers_are_classes_only_if_asked_for() -> None:
    column = pd.Series(["10", "2.0", "2", "10.0"])
    assert read_targets(column, "t", None)[2] == ()
    codes, _, names = read_targets(column, "t", "classification")
    assert names == ("2", "10")
    assert codes.tolist() == [1, 0, 0, 1]
    long = pd.Series(["1000001", "1000002", "1000001"])
    assert read_targets(long, "t", "classification")[2] == ("1000001", "1000002")
    several = read_targets(pd.Series([3, 1, 2, 1]), "t", "classification")
    assert several[2] == ("1", "2", "3")
    assert several[0].tolist() == [2, 0, 1, 0]


def test_labels_with_an_underscore_are_no_numbers() -> None:
    column = pd.Series(["1_1", "11", "2_1", "1_1"])
    assert read_targets(column, "t", "classification")[2] == ("1_1", "2_1", "11")


def test_booleans_are_numbers_if_asked_for() -> None:
    numbers, _, classes = read_targets(pd.Series([True, False]), "t", "regression")
    assert classes == ()
    assert numbers.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("cells", "task", "message"),
    [
        ([f"word{place}" for place in range(51)], None, "51 different values"),
        ([str(place) for place in range(51)], "classification", "at most 50 classes"),
        (["a", "a"], "classification", "one class alone, 'a'"),
        (["", ""], "classification", "no class"),
    ],
)
def test_other_numbers_of_classes_are_refused(
    cells: list[str], task: str | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_targets(pd.Series(cells), "t", task)


def table(rows: int = 60) -> pd.DataFrame:
    data = small_dataset(rows)
    high = data.targets > np.median(data.targets)
    return pd.DataFrame({"formula": data.table.formulas(), "kind": np.where(high, "high", "low")})


def test_a_data_set_says_what_its_target_was_taken_for() -> None:
    data = fusionnas.load_dataset(table())
    assert (data.task, data.classes) == ("classification", ("high", "low"))
    assert "a probability is that of 'low'" in data.notes[-1]
    assert set(data.targets) == {0, 1}
    with pytest.raises(OptionError, match="a search needs numbers"):
        data.only_numbers("a search")


def test_rows_of_one_composition_vote_and_a_tie_is_told() -> None:
    frame = table()
    first = frame.formula[0]
    two = pd.DataFrame({"formula": [first] * 2, "kind": ["high", "low"]})
    data = fusionnas.load_dataset(pd.concat([frame[1:], two]))
    assert set(data.targets) == {0, 1}
    assert "1 compositions have equally many rows" in data.notes[-1]


def test_a_class_with_one_row_is_refused() -> None:
    frame = table()
    frame["kind"] = ["rare", *["usual"] * (len(frame) - 1)]
    with pytest.raises(DataError, match="the class 'rare' has 1 row"):
        fusionnas.load_dataset(frame)


def test_a_part_with_one_class_is_refused() -> None:
    frame = table()
    frame["kind"] = ["rare"] * 2 + ["usual"] * (len(frame) - 2)
    with pytest.raises(DataError, match="each part needs two classes"):
        fusionnas.load_dataset(frame)


def test_a_task_that_is_not_offered_is_refused() -> None:
    with pytest.raises(OptionError, match="no task 'classify'"):
        fusionnas.load_dataset(table(), task="classify")
    with pytest.raises(OptionError, match="is a number"):
        fusionnas.load_dataset(None, task="classification")
