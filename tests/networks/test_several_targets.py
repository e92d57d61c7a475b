"""A network of several targets: each head, on the features of one trunk, is a network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical
from fusionnas.networks.network import build
from tests.made.compounds import random_compounds, vectors

READOUTS = (
    "gated_mean",
    {"kind": "gated_mean", "order": "mean_first", "post": True},
    "mean",
    "attention_pool",
)


@pytest.mark.parametrize("readout", READOUTS)
def test_each_target_is_a_network_of_its_own(readout: str | dict[str, object]) -> None:
    plain = Architecture.from_dict({"width": 16, "global": ["lstm"], "readout": readout})
    network = build(replace(plain, heads=3), vectors(), seed=0).eval()
    inputs = random_compounds(4, 3)
    value, log_scale = network(inputs)
    assert value.shape == log_scale.shape == (4, 3)
    for place in range(3):
        one = network.of_targets([place])
        assert canonical(one.architecture) == canonical(plain)
        torch.testing.assert_close(one(inputs)[0], value[:, place])
        torch.testing.assert_close(one(inputs)[1], log_scale[:, place])
        parts = network.contributions(inputs)[..., place]
        torch.testing.assert_close(one.contributions(inputs), parts)
        # a network for one target takes its weights
        again = build(one.architecture, vectors(), seed=1).eval()
        again.load_state_dict(one.state_dict())
        assert torch.equal(again(inputs)[0], one(inputs)[0])
    # the view of one target did not change the network of all
    torch.testing.assert_close(network(inputs)[0], value)
