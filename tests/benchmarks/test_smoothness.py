"""The networks and the table of the benchmark of smoothness."""

from __future__ import annotations

import pytest
import torch

from benchmarks.accuracy.smoothness import (
    ARMS,
    BASE,
    TABLES,
    AnyOrder,
    network_of,
    print_in_units,
    print_table,
)
from fusionnas.data.composition import parse_formula
from fusionnas.networks.inputs import Inputs

ANY = "ldcnn, random orders"


@torch.no_grad()
def test_random_orders_start_from_the_same_weights_and_predict_one_value() -> None:
    plain, averaged = network_of(BASE, 0).eval(), network_of(ANY, 0).eval()
    assert isinstance(averaged, AnyOrder)
    assert plain.parameter_count == averaged.parameter_count
    inputs = Inputs.of(parse_formula("SrTiO3"))
    orders = ([0, 1, 2], [2, 1, 0], [1, 0, 2])
    values = [plain(inputs.reordered(order))[0].item() for order in orders]
    assert len(set(values)) == 3  # this network reads the order
    means = [averaged(inputs.reordered(order))[0].item() for order in orders]
    assert means == pytest.approx([means[0]] * 3, abs=1e-6)
    assert min(values) - 1 < means[0] < max(values) + 1
    torch.manual_seed(0)
    losses = {averaged.residuals(inputs, torch.zeros(1))[0].item() for _ in range(20)}
    assert len(losses) == 6  # each order of three elements


def test_the_table_compares_with_the_base(capsys: pytest.CaptureFixture[str]) -> None:
    def arm(error: float, low: float, high: float) -> dict[str, object]:
        return {"test_mae": error, "interval": [low, high], "roughness": 0.1, "order_gap": 0.0}

    arms = {name: arm(1.1, -0.1, 0.3) for name in ARMS}
    arms |= {BASE: arm(1.0, 0.0, 0.0), ANY: arm(0.9, -0.2, -0.05)}
    print_table({f"{TABLES[0]}/0": {"table": TABLES[0], "arms": arms}})
    rows = dict(
        line.strip("| ").split(" | ", 1) for line in capsys.readouterr().out.splitlines()[2:]
    )
    assert rows[BASE] == "+0.0 | 10.0% | 0.0%"
    assert rows[ANY].startswith("-10.0* |")
    assert rows["ldcnn, waves 0.5"].startswith("+10.0 |")


def test_roughness_is_the_mean_over_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    def record(roughness: float) -> dict[str, object]:
        arm = {"roughness": roughness, "order_gap": 3 * roughness}
        return {"table": TABLES[1], "arms": dict.fromkeys(ARMS, arm)}

    print_in_units({"0": record(0.1), "1": record(0.3)})
    assert capsys.readouterr().out.splitlines()[2:] == [f"| {TABLES[1]} | 0.2 | 0.2 | 0.2 | 0.6 |"]
