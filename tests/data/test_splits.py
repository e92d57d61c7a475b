from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionnas.data.composition import Composition, composition_of
from fusionnas.data.splits import split, validation_part
from fusionnas.data.table import CompositionTable
from fusionnas.errors import DataError, OptionError

AMOUNTS = st.dictionaries(st.integers(1, 6), st.integers(1, 9), min_size=1, max_size=4)
ROWS = st.lists(AMOUNTS, min_size=100, max_size=160)
KINDS = st.sampled_from(["random", "chemical-system", "leave-out:C", "folds:4:0", "folds:4:3"])


def distinct(rows: list[dict[int, float]]) -> CompositionTable:
    found: dict[Composition, None] = dict.fromkeys(map(composition_of, rows))
    return CompositionTable.of(found)


@settings(max_examples=40, deadline=None)
@given(ROWS, KINDS, st.integers(0, 99))
def test_parts_are_disjoint_and_cover_all(rows: list, how: str, seed: int) -> None:
    table = distinct(rows)
    try:
        parts = split(table, how, seed, "data")
    except DataError:  # one chemical system, or carbon, can hold nearly everything
        assert how != "random" or len(table) < 25
        return
    joined = np.concatenate([parts.train, parts.val, parts.test])
    assert sorted(joined.tolist()) == list(range(len(table)))
    again = split(table, how, seed, "data")
    assert [p.tolist() for p in (again.train, again.val, again.test)] == [
        p.tolist() for p in (parts.train, parts.val, parts.test)
    ]
    if how == "chemical-system":
        systems = [{frozenset(table[r].numbers) for r in p} for p in (parts.train, parts.test)]
        assert not systems[0] & systems[1]
    if how == "leave-out:C":
        assert (np.flatnonzero(table.contains(6)) == parts.test).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=80), st.integers(0, 9))
def test_validation_takes_compositions_whole(keys: list[int], seed: int) -> None:
    of_row = np.array(keys)
    rows = 5 + 2 * np.arange(len(keys))
    train, val = validation_part(rows, of_row, 1 / 8, seed)
    assert sorted([*train, *val]) == rows.tolist()
    keys_of = dict(zip(rows.tolist(), keys, strict=True))
    assert not {keys_of[r] for r in train.tolist()} & {keys_of[r] for r in val.tolist()}
    assert len({keys_of[r] for r in val.tolist()}) == round(len(set(keys)) / 8)


def test_too_few_rows_say_how_many() -> None:
    table = distinct([{z: 1, 8: 2} for z in (1, 3, 11, 12)])
    with pytest.raises(DataError, match="data: the train part has 2 compositions, but at least 10"):
        split(table, "random", 0, "data")


def test_an_element_that_is_none() -> None:
    with pytest.raises(OptionError, match="no element 'fe'; symbols are written like 'Fe'"):
        split(distinct([{26: 1}]), "leave-out:fe", 0, "data")
