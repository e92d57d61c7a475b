"""What networks read is what the table holds, whole or in parts."""

from __future__ import annotations

import numpy as np
import torch

from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.networks.inputs import Inputs

FORMULAS = ["SrTiO3", "Si", "NaCl", "CaTiO3", "Fe2O3"]


def table() -> CompositionTable:
    return encode_formulas(FORMULAS)


def test_every_row_stands_once_among_those_of_its_length() -> None:
    found = {}
    for rows, inputs in Inputs.by_size(table(), "cpu"):
        assert len(inputs) == len(rows)
        for place, row in enumerate(rows.tolist()):
            found[row] = (inputs.numbers[place].tolist(), inputs.fractions[place].tolist())
            assert inputs.elements == len(found[row][0])
    given = [table()[row] for row in range(len(FORMULAS))]
    expected = [(list(row.numbers), list(row.fractions)) for row in given]
    assert [found[row] for row in range(len(FORMULAS))] == expected
    assert inputs.fractions.dtype == torch.float64  # float32 would move fractions across a step


def test_one_compound_is_a_row_of_many() -> None:
    rows, inputs = max(Inputs.by_size(table(), "cpu"), key=lambda found: found[1].elements)
    for place, row in enumerate(rows):
        alone, part = Inputs.of(table()[row]), inputs[place : place + 1]
        assert torch.equal(alone.numbers, part.numbers)
        assert torch.equal(alone.fractions, part.fractions)


def test_another_order_moves_fractions_with_their_elements() -> None:
    inputs = Inputs.of(table()[0])
    order = [2, 0, 1]
    moved = inputs.reordered(order)
    assert dict(zip(moved.numbers[0].tolist(), moved.fractions[0].tolist(), strict=True)) == dict(
        zip(inputs.numbers[0].tolist(), inputs.fractions[0].tolist(), strict=True)
    )
    np.testing.assert_array_equal(moved.numbers[0], inputs.numbers[0][order])
