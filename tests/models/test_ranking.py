"""Conditions, orders and windows of predicted rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from fusionnas.errors import OptionError
from fusionnas.models.condition import Condition
from fusionnas.models.ranking import Ranking, window_of

FRAME = pd.DataFrame(
    {
        "formula": ["NaCl", "KCl", "LiF", "MgO"],
        "value": [4.0, 2.0, 6.0, np.nan],
        "far": [False, True, False, np.nan],
        "note": ["a", "b", "a", "b"],
        "value[metal]": [0.1, 0.7, 0.2, np.nan],
        "known": pd.Series([1, 2, None, None], dtype="Int64"),
        "error": ["", "", "", "no such element"],
    }
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("value > 3", "NaCl LiF"),
        ("value > 3 and not far", "NaCl LiF"),
        ("3 <= value < 6", "NaCl"),
        ("value < 3 or note == 'a'", "NaCl KCl LiF"),
        ("not (value > 3)", "KCl"),
        ("value != 4", "KCl LiF"),
        ("not far", "NaCl LiF"),
        ("not (value > 3 and not far)", "KCl"),
        ("value > 3 or note == 'b'", "NaCl KCl LiF MgO"),
        ("not (value > 3 or note == 'a')", "KCl"),
        ("(value > 3) == far", ""),
        ("(value < 3) == far", "NaCl KCl LiF"),
        ("known > 1", "KCl"),
        ("error != ''", "MgO"),
        ("far", "KCl"),
        ("value > -1", "NaCl KCl LiF"),
        ("note != 'a'", "KCl MgO"),
        ("True", "NaCl KCl LiF MgO"),
        ("value[metal] > 0.15", "KCl LiF"),
        ("value['metal'] < 0.5 and value > 3", "NaCl LiF"),
    ],
)
def test_conditions(text: str, kept: str) -> None:
    assert FRAME["formula"][Condition(text).of(FRAME)].tolist() == kept.split()


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "value.real > 1",
        "formula[0] == 'N'",
        "[1, 2]",
        "value + 1 > 2",
        "lambda: 1",
        "value in (1, 2)",
        "f'{value}'",
        "(value := 3) > 1",
        "value is None",
        "{}",
        "10 ** 10 ** 10",
        "None",
    ],
)
def test_nothing_else_is_run(text: str) -> None:
    with pytest.raises(OptionError, match="cannot be part of a condition"):
        Condition(text)


@pytest.mark.parametrize("text", ["value >", "", "a b", "value = 3"])
def test_no_condition(text: str) -> None:
    with pytest.raises(OptionError, match="is not a condition"):
        Condition(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not " * 4000 + "far", "more than 50 levels"),
        ("-" * 5000 + "value > 1", "more than 50 levels"),
        ("not " * 60 + "far", "more than 50 levels"),
        ("(" * 1000 + "far" + ")" * 1000, "levels|is not a condition"),
        ("value > " + "9" * 400, "too many digits"),
        ("'value > 3'", "alone is neither true nor false"),
        ("value > 3 and 'far'", "alone is neither true nor false"),
        ("not 'far'", "alone is neither true nor false"),
    ],
)
def test_conditions_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Condition(text)


def test_a_column_of_texts_is_no_truth_value() -> None:
    for text in ("note", "not note", "value > 3 and note"):
        with pytest.raises(OptionError, match="'note' is a text, which is neither true nor false"):
            Condition(text).of(FRAME)


def test_a_column_of_a_file_is_compared_with_numbers_as_numbers() -> None:
    own = FRAME.assign(cost=["12", " 3.5", "", "n/a"])
    for text, kept in (
        ("cost > 4", "NaCl"),
        ("not cost > 4", "KCl"),
        ("cost < value", ""),
        ("cost == '12'", "NaCl"),
    ):
        assert own["formula"][Condition(text).of(own)].tolist() == kept.split()
    assert Ranking.of(None, "cost", None).order(own)["cost"].tolist() == ["12", " 3.5", "", "n/a"]


def test_a_text_among_numbers_does_not_change_how_the_others_are_compared() -> None:
    """Each cell is read for itself, so that the parts of a long file agree."""
    own = FRAME.assign(cost=["5", "6", "5", "n.d."])
    names = own["formula"]
    for text, kept in (
        ("cost == 5", [0, 2]),
        ("cost != 5", [1]),
        ("cost > 5", [1]),
        ("not cost > 5", [0, 2]),
    ):
        assert names[Condition(text).of(own)].tolist() == names.iloc[kept].tolist()
        parts = [own.iloc[:2], own.iloc[2:]]
        assert np.concatenate([Condition(text).of(p) for p in parts]).nonzero()[0].tolist() == kept
    with pytest.raises(OptionError, match="compares a text with a number"):
        Condition("note == 3").of(FRAME)


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(OptionError, match="did you mean 'value'"):
        Condition("valeu > 3").of(FRAME)
    with pytest.raises(OptionError, match="compares a text with a number"):
        Condition("note > 3").of(FRAME)
    with pytest.raises(OptionError, match="did you mean 'value'"):
        Ranking.of(None, "valeu", None).order(FRAME)


def test_a_name_that_two_columns_have_is_refused() -> None:
    own = FRAME.assign(cost=1.0, more=2.0).rename(columns={"more": "cost"})
    with pytest.raises(OptionError, match="there is more than one column 'cost'"):
        Ranking.of(None, "cost", None).order(own)
    with pytest.raises(OptionError, match="there is more than one column 'cost'"):
        Condition("cost > 1").of(own)


@pytest.mark.parametrize("place", range(4))
def test_a_wanted_value_that_is_no_number(place: int) -> None:
    ends: list[float | None] = [None] * 4
    ends[place] = math.nan
    if place == 1:
        ends[0] = 3.0
    with pytest.raises(OptionError, match="must be a number"):
        window_of(*ends, {"metrics": {"test_mae": 1.0}})


def test_orders() -> None:
    falling = Ranking.of(None, "value", None).order(FRAME)
    assert falling["formula"].tolist() == ["LiF", "NaCl", "KCl", "MgO"]
    rising = Ranking.of(None, "value:rising", None).order(FRAME)
    assert rising["formula"].tolist() == ["KCl", "NaCl", "LiF", "MgO"]
    ranking = Ranking.of("value > 3", None, (0.0, 1.0))
    assert ranking.needs_all
    assert ranking.keep(FRAME)["formula"].tolist() == ["NaCl", "LiF"]
    # what could not be predicted fulfils no condition
    assert "MgO" not in Ranking.of("not far", None, None).keep(FRAME)["formula"].tolist()


def test_windows() -> None:
    known = {"metrics": {"test_mae": 0.5}}
    assert window_of(None, None, None, None, known) is None
    assert window_of(2.0, None, None, None, known) == (1.5, 2.5)
    assert window_of(2.0, 0.1, None, None, known) == pytest.approx((1.9, 2.1))
    assert window_of(None, None, 3.0, None, known) == (3.0, math.inf)
    assert window_of(None, None, None, 3.0, known) == (-math.inf, 3.0)
    assert window_of(None, None, 1.0, 3.0, known) == (1.0, 3.0)
    for wrong, why in (
        ((None, 1.0, None, None), "--within needs --target"),
        ((1.0, None, 2.0, None), "either --target, or"),
        ((1.0, -1.0, None, None), "a positive number"),
        ((None, None, 3.0, 1.0), "No value is above 3 and below 1"),
    ):
        with pytest.raises(OptionError, match=why):
            window_of(*wrong, known)
    with pytest.raises(OptionError, match="needs --within"):
        window_of(1.0, None, None, None, {"metrics": {}})
