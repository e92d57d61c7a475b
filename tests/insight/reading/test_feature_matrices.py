"""Feature matrices of formulas."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.insight.reading.feature_matrices import PEROVSKITES, feature_matrices, long_table
from fusionnas.insight.reading.reading import element_rows, encode
from tests.made.small_networks import small_network


def test_one_order_of_channels_for_all_compounds() -> None:
    network = small_network("lstm")
    matrices, order = feature_matrices(network, [*PEROVSKITES, "NaCl"])
    assert sorted(order) == list(range(len(order)))
    for matrix in matrices:
        rows = element_rows(network, encode(network, [matrix.formula]))
        assert matrix.values == pytest.approx(rows[:, order], abs=1e-5)
    assert matrices[0].elements == ("O", "Sr", "Ti")
    assert matrices[0].fractions == pytest.approx((0.6, 0.2, 0.2))


def test_likeness_is_the_correlation_with_the_first() -> None:
    matrices, _ = feature_matrices(small_network("dcnn-k1"), [*PEROVSKITES, "NaCl"])
    first, second = matrices[0].values, matrices[1].values
    assert matrices[0].likeness == pytest.approx(1)
    assert matrices[1].likeness == pytest.approx(
        np.corrcoef(first.ravel(), second.ravel())[0, 1], abs=1e-5
    )
    assert np.isnan(matrices[-1].likeness)  # two elements beside three
    # a network of single elements gives oxygen the same row in each oxide
    assert matrices[1].values[0] == pytest.approx(first[0], abs=1e-5)


def test_table_holds_every_value() -> None:
    matrices, order = feature_matrices(small_network("lstm"), ["SrTiO3", "NaCl"])
    table = long_table(matrices, order)
    assert len(table) == 5 * len(order)
    row = table[(table["formula"] == "NaCl") & (table["element"] == "Cl") & (table["place"] == 3)]
    assert row["value"].item() == pytest.approx(
        matrices[1].values[matrices[1].elements.index("Cl"), 3]
    )
    assert row["channel"].item() == order[3]
