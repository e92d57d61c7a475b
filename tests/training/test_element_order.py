"""The order gap is the change that another order makes; the present order is none."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.splits import split
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network, build
from fusionnas.training.batches import Compounds
from fusionnas.training.element_order import order_gap, other_orders
from fusionnas.workflows.train import train
from tests.made.small_data import small_dataset

CPU = torch.device("cpu")
BINARIES = ["NaCl", "TiO2", "Al2O3", "GaAs", "ZnS", "Fe2O3"]
MANY = ["LiFePO4", "SrTiO3", "Ba2Na2Ti4Nb8O30", "Sr0.4Ba0.3Ca0.2Mg0.1TiO3", "KCl", "Fe"]


def network_of(**trunk: list[str]) -> Network:
    return build(Architecture.from_dict({"width": 16, **trunk}), element_vectors(), 0)


def table_of(formulas: list[str]) -> CompositionTable:
    return encode_formulas(formulas, "made")


def changes(network: Network, formula: str) -> list[float]:
    """Of the prediction in each other order of the elements."""
    _, inputs = next(Inputs.by_size(table_of([formula]), CPU))
    with torch.no_grad():
        values = [
            float(network(inputs.reordered(order))[0])
            for order in permutations(range(inputs.elements))
        ]
    return [abs(value - values[0]) for value in values[1:]]


def gap(network: Network, table: CompositionTable) -> float:
    return order_gap(network, Compounds(table, CPU), seed=0)


def test_of_binaries_it_is_the_change_of_the_one_other_order() -> None:
    network = network_of(**{"global": ["lstm"]}).eval()
    expected = np.median([changes(network, formula) for formula in BINARIES])
    assert expected > 1e-3
    assert gap(network, table_of(BINARIES)) == pytest.approx(expected, rel=1e-4)


def test_each_compound_counts_once_however_many_orders_it_has() -> None:
    """A ternary has five other orders, a binary one."""
    network = network_of(**{"global": ["lstm"]}).eval()
    formulas = ["NaCl", "TiO2", "MgO", "BaTiO3", "LiCoO2"]
    expected = np.median([np.median(changes(network, formula)) for formula in formulas])
    assert gap(network, table_of(formulas)) == pytest.approx(expected, rel=1e-4)


def test_it_is_zero_where_the_order_is_not_read() -> None:
    table = table_of(MANY + BINARIES)
    assert gap(network_of(local=["dcnn_k1"]), table) == 0
    assert gap(network_of(local=["cnn"]), table) > 1e-4


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8])
def test_no_order_comes_twice_and_none_is_the_present_one(n: int) -> None:
    for seed in range(20):
        orders = other_orders(n, seed, 23)
        assert len(orders) == {1: 0, 2: 1, 3: 5}.get(n, 23)
        assert len({tuple(order) for order in orders}) == len(orders)
        assert all(sorted(order) == list(range(n)) != order for order in orders)


def binaries_alone() -> Dataset:
    data = small_dataset(2000)
    rows = np.flatnonzero(data.table.lengths == 2)
    table = data.table.take(rows)
    parts = split(table, "random", 0, "binaries")
    return replace(data, table=table, targets=data.targets[rows], parts=parts)


def test_a_network_of_binaries_states_its_gap(tmp_path: Path) -> None:
    """In the manifest and on the card of a trained bundle, as the network itself has it."""
    data = binaries_alone()
    metrics = train("lstm", data, tmp_path / "out", width=16, epochs=2)
    model = fusionnas.load(tmp_path / "out")
    network, table = model.bundle.network, data.table.take(data.parts.val)
    swapped = [changes(network, formula) for formula in table.formulas()]
    expected = model.bundle.scaler.std * np.median(swapped)
    assert metrics["order_gap"] == pytest.approx(expected, rel=1e-3)
    assert expected > 0
    assert model.manifest["metrics"]["order_gap"] == metrics["order_gap"]
    assert (
        "in another order its prediction would change"
        in (tmp_path / "out" / "model_card.md").read_text()
    )
