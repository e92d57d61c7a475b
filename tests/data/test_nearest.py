from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusionnas.data import nearest
from fusionnas.data.composition_file import read_compositions, write_compositions
from fusionnas.data.nearest import NearestComposition, usual_distance
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import BundleError
from tests.made.small_data import small_dataset


def dense(table: CompositionTable) -> np.ndarray:
    fractions = np.zeros((len(table), 119))
    fractions[np.repeat(np.arange(len(table)), table.lengths), table.numbers] = table.fractions
    return fractions


def by_definition(queries: CompositionTable, known: CompositionTable) -> np.ndarray:
    """Half the L1 distance of every query to every known row."""
    return np.abs(dense(queries)[:, None] - dense(known)[None]).sum(axis=2) / 2


def substituted(table: CompositionTable, seed: int) -> CompositionTable:
    """The same fractions of other elements, so that most are far from what is known."""
    order = np.append(0, np.random.default_rng(seed).permutation(np.arange(1, 119)))
    return CompositionTable(order[table.numbers].astype(np.int16), table.fractions, table.offsets)


@pytest.mark.parametrize("few", [0, nearest.FEW], ids=["lists", "all rows"])
def test_it_is_the_nearest_by_definition(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "FEW", few)
    data = small_dataset()
    known, held_out = data.table.take(data.parts.train), data.table.take(data.parts.test)
    index = NearestComposition(known)
    single = encode_formulas(["Fe", "O2", "He", "Og", "HeNe", "OgFe2"])
    for queries in (held_out, substituted(held_out, 1), substituted(held_out, 2), known, single):
        found = index.find(queries)
        distances = by_definition(queries, known)
        np.testing.assert_allclose(found.distances, distances.min(axis=1), atol=2e-6)
        there = found.rows >= 0
        at = distances[np.flatnonzero(there), found.rows[there]]
        np.testing.assert_allclose(found.distances[there], at, atol=2e-6)
        assert (found.distances[~there] == 1).all()
    assert index.find(known).distances.max() == 0


@pytest.mark.parametrize("few", [0, nearest.FEW], ids=["lists", "all rows"])
def test_a_row_left_out_does_not_count(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "FEW", few)
    known = small_dataset().table
    rows = np.arange(len(known))
    distances = by_definition(known, known)
    np.fill_diagonal(distances, 1)
    found = NearestComposition(known).find(known, leave_out=rows)
    # the element's richest row answers for all that share it alone, unless it is left out
    np.testing.assert_allclose(found.distances, distances.min(axis=1), atol=2e-6)
    assert (found.rows != rows).all()
    expected = np.quantile(distances.min(axis=1), 0.99)
    assert usual_distance(known, 0.99) == pytest.approx(expected, abs=1e-5)


def test_what_a_distance_means() -> None:
    """One of five atoms exchanged is a fifth, and nothing in common is 1."""
    index = NearestComposition(encode_formulas(["SrTiO3", "NaCl"]))
    found = index.find(encode_formulas(["BaTiO3", "Sr2Ti2O6", "HeNe"]))
    assert found.distances.tolist() == [0.2, 0.0, 1.0]
    assert found.rows.tolist() == [0, 0, -1]


def test_compositions_on_disk(tmp_path: Path) -> None:
    path, table = tmp_path / "c.npz", small_dataset().table
    write_compositions(path, table)
    again = read_compositions(path)
    assert again.conditions is table.conditions is None
    for slot in set(CompositionTable.__slots__) - {"conditions"}:
        np.testing.assert_array_equal(getattr(again, slot), getattr(table, slot))
        assert getattr(again, slot).dtype == getattr(table, slot).dtype
    first = path.read_bytes()
    write_compositions(path, table)
    assert path.read_bytes() == first
    path.write_bytes(first[: len(first) // 2])
    with pytest.raises(BundleError, match="cannot be read"):
        read_compositions(path)


def test_several_nearest_by_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    table = small_dataset(120).table
    queries, known = table.take(np.arange(20)), table.take(np.arange(20, 120))
    monkeypatch.setattr(nearest, "SLICE", 7)
    found = NearestComposition(known).find_several(queries, 3)
    apart = by_definition(queries, known)
    np.testing.assert_allclose(found.distances, np.sort(apart, axis=1)[:, :3], atol=1e-5)
    for row, rows in enumerate(found.rows):
        there = rows[rows >= 0]
        np.testing.assert_allclose(apart[row, there], found.distances[row, : len(there)], atol=1e-5)
    assert NearestComposition(known).find_several(queries, 500).rows.shape == (20, 100)
