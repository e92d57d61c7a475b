from __future__ import annotations

import numpy as np
import pytest

from fusionnas.data.table import encode_formulas
from fusionnas.insight.sweeps.roughness import SHARES, along_lines, lines_through, roughness

FORMULAS = ["Si", "NaCl", "Fe2O3", "CaTiO3", "Cu0.01Zn0.99O"]


def test_straight_lines_are_smooth_and_a_jump_counts_half_at_two_places() -> None:
    x = np.linspace(0, 1, 101)
    assert roughness(np.stack([3 * x - 1, 5 - x])) == pytest.approx(0, abs=1e-12)
    step = np.where(x < 0.5, 0.0, 7.0)
    assert roughness(step[None]) == pytest.approx(2 * 7 / 2 / 99)


def test_it_is_half_the_second_difference_of_a_curve() -> None:
    h = 0.01
    x = np.arange(0, 1, h)
    assert roughness(np.sin(x)[None]) == pytest.approx(h**2 / 2 * np.sin(x[1:-1]).mean(), rel=1e-3)


def test_lines_go_through_known_compounds_and_keep_their_elements() -> None:
    table = encode_formulas(FORMULAS)
    lines = lines_through(table)
    assert len(lines) == 4 * len(SHARES)  # silicon alone has none
    known = {tuple(sorted(table[row].numbers)): table[row] for row in range(len(table))}
    for start in range(0, len(lines), len(SHARES)):
        line = [lines[row] for row in range(start, start + len(SHARES))]
        (elements,) = {tuple(sorted(one.numbers)) for one in line}
        fractions = np.array(
            [[dict(zip(c.numbers, c.fractions, strict=True))[z] for z in elements] for c in line]
        )
        moved = np.ptp(fractions, axis=0) > 0
        assert moved.sum() == 2
        own = dict(zip(known[elements].numbers, known[elements].fractions, strict=True))
        kept = [own[z] for z in elements]
        np.testing.assert_allclose(fractions[0][~moved], np.array(kept)[~moved], atol=1e-9)
        np.testing.assert_allclose(
            fractions[:, moved].sum(axis=1), np.array(kept)[moved].sum(), atol=1e-9
        )
    assert along_lines(np.arange(len(lines))).shape == (4, len(SHARES))
