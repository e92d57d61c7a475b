"""Outputs in bulk are those of one compound after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fusionnas.data.elements import NUMBERS
from fusionnas.errors import FormulaError, OptionError
from fusionnas.insight.reading.element_order import order_gaps
from fusionnas.insight.reading.reading import compound_means, element_rows, encode, read
from fusionnas.models.predictor import Predictor
from fusionnas.networks.inputs import Inputs
from tests.made.small_networks import small_network, small_test_part

MIXED = ["SrTiO3", "NaCl", "Fe", "LiFePO4", "KCl", "CaTiO3"]


def test_shifts_are_the_shares_of_each_formula_without_the_mean() -> None:
    network = small_network("lstm")
    reading = read(network, encode(network, MIXED))
    place = 0
    for row, formula in enumerate(MIXED):
        single = np.array(list(network.shares(formula).values()))
        own = reading.shifts[place : place + len(single)]
        assert own == pytest.approx(single - reading.base / len(single), abs=1e-5)
        assert reading.prediction[row] == pytest.approx(single.sum(), abs=1e-5)
        place += len(single)


@pytest.mark.parametrize("tap", ["input", "readout_input"])
def test_rows_are_the_feature_matrices_one_under_the_other(tap: str) -> None:
    network = small_network("lstm")
    table = encode(network, MIXED)
    rows = element_rows(network, table, tap)
    means = compound_means(rows, table)
    for row in range(len(table)):
        inputs = Inputs.of(table[row], network.device)
        with torch.no_grad():
            expected = network.bundle.network.element_features(inputs, tap)[0].cpu().numpy()
        part = slice(table.offsets[row], table.offsets[row + 1])
        assert rows[part] == pytest.approx(expected, abs=1e-5)
        assert means[row] == pytest.approx(expected.mean(axis=0), abs=1e-5)


def test_order_gap_is_zero_where_the_order_is_not_read() -> None:
    local, ordered = small_network("dcnn-k1"), small_network("lstm")
    table = encode(local, [*MIXED, "Ba2Na2Ti4Nb8O30", "Sr0.4Ba0.3Ca0.2Mg0.1TiO3"])
    assert order_gaps(local, table) == pytest.approx(0, abs=1e-4)
    gaps = order_gaps(ordered, table)
    assert gaps[MIXED.index("Fe")] == 0
    assert (gaps[table.lengths > 1] > 0).all()
    # of two elements there is one other order
    sodium, chlorine = NUMBERS["Na"], NUMBERS["Cl"]
    half = torch.full((1, 2), 0.5, dtype=torch.float64)
    with torch.no_grad():
        ends = [
            float(ordered.bundle.network(Inputs(torch.tensor([order]), half))[0])
            for order in ([sodium, chlorine], [chlorine, sodium])
        ]
    expected = ordered.bundle.scaler.std * abs(ends[0] - ends[1])
    assert gaps[MIXED.index("NaCl")] == pytest.approx(expected, rel=1e-3)


def test_a_formula_that_cannot_be_read_is_named() -> None:
    with pytest.raises(FormulaError, match="Fe@O"):
        encode(small_network("lstm"), ["NaCl", "Fe@O"])


def test_many_compounds_have_the_predictions_of_the_network() -> None:
    network = small_network("lstm")
    formulas, _ = small_test_part()
    reading = read(network, encode(network, formulas))
    assert reading.prediction == pytest.approx(network.predict(formulas)["value"], abs=1e-5)


def test_an_ensemble_is_the_mean_of_its_members_and_has_no_features() -> None:
    members = [small_network(name) for name in ("lstm", "dcnn-k1")]
    ensemble = Predictor(*(member.bundle for member in members))
    table = encode(ensemble, MIXED)
    single = [read(member, table).shifts for member in members]
    assert read(ensemble, table).shifts == pytest.approx(np.mean(single, axis=0))
    assert read(ensemble, table).prediction == pytest.approx(
        ensemble.predict(MIXED)["value"], abs=1e-5
    )
    # one member does not read the order, so half of the change is left
    half = order_gaps(members[0], table) / 2
    assert order_gaps(ensemble, table) == pytest.approx(half, abs=1e-4)
    with pytest.raises(OptionError, match="members"):
        element_rows(ensemble, table)
