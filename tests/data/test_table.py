from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusionnas.data import table as table_module
from fusionnas.data.composition import parse_formula
from fusionnas.data.table import CompositionTable, concatenate, encode_formulas
from fusionnas.errors import FormulaError

FORMULAS = ["SrTiO3", "NaCl", "O2", "Fe2O3", "Ca3[Fe(CN)6]2", "Ti0.5O", "Cl2Na2"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FUSIONNAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_rows_are_the_compositions() -> None:
    table = encode_formulas(FORMULAS)
    assert [table[row] for row in range(len(table))] == [parse_formula(f) for f in FORMULAS]
    assert table.lengths.tolist() == [3, 2, 1, 2, 4, 2, 2]


def test_take_groups_and_concatenate_agree() -> None:
    table = encode_formulas(FORMULAS)
    rows = np.array([4, 0, 0, 6])
    taken = table.take(rows)
    assert [taken[i] for i in range(4)] == [table[row] for row in rows]
    seen = {}
    for n, (places, numbers, fractions) in table.groups().items():
        assert numbers.shape == fractions.shape == (len(places), n)
        for place, z, x in zip(places, numbers, fractions, strict=True):
            seen[int(place)] = (tuple(z.tolist()), tuple(x.tolist()))
    assert seen == {i: (table[i].numbers, table[i].fractions) for i in range(len(table))}
    joined = concatenate([table, taken])
    assert joined[len(table)] == taken[0]
    assert len(joined) == len(table) + 4


def test_keys_tell_compositions_apart() -> None:
    table = encode_formulas(FORMULAS)
    keys = table.keys()
    assert keys[1] == keys[6]  # NaCl and Cl2Na2
    assert len(set(keys.tolist())) == len(FORMULAS) - 1
    swapped = CompositionTable.of([parse_formula("Na2Cl"), parse_formula("NaCl2")]).keys()
    assert swapped[0] != swapped[1]


def test_contains() -> None:
    table = encode_formulas(FORMULAS)
    assert table.contains(8).tolist() == [True, False, True, True, False, True, False]


def test_second_encoding_comes_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    first = encode_formulas(FORMULAS)

    def never(text: str) -> None:
        raise AssertionError(f"{text} was parsed again")

    monkeypatch.setattr(table_module, "parse_formula", never)
    second = encode_formulas(FORMULAS)
    for name in ("numbers", "fractions", "offsets"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_a_damaged_cache_is_made_again(own_cache: Path) -> None:
    first = encode_formulas(FORMULAS)
    (path,) = own_cache.glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert encode_formulas(FORMULAS)[0] == first[0]


def test_a_cache_that_cannot_be_written_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FUSIONNAS_CACHE", str(tmp_path / "file" / "below"))
    assert len(encode_formulas(FORMULAS)) == len(FORMULAS)


def test_an_error_names_origin_row_and_text() -> None:
    with pytest.raises(FormulaError, match=r"my\.csv, row 3: 'Fe@O'"):
        encode_formulas(["NaCl", "Fe@O"], "my.csv", first_row=2)
