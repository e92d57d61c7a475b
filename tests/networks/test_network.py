from __future__ import annotations

import torch

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from tests.made.compounds import random_compounds, vectors

FUSION = {"width": 16, "global": ["lstm"], "local": [{"kind": "dcnn", "blocks": 1}]}


def test_taps_of_the_element_features() -> None:
    network = build(Architecture.from_dict(FUSION), vectors(), seed=0).eval()
    inputs = random_compounds(4, 3)
    x = network.element_features(inputs, "input")
    torch.testing.assert_close(x, network.embedding(inputs))
    h = network.global_stages[0].component(x)
    block = network.local_stages[0].component.before_last_shortcut(h)
    torch.testing.assert_close(network.element_features(inputs, "last_block"), block)
    features = network.element_features(inputs)
    torch.testing.assert_close(features, network.local_stages[0].component(h))
    contributions, _ = network.readout(features)
    torch.testing.assert_close(contributions.sum(dim=1), network(inputs)[0])


def test_dropout_acts_in_training_alone() -> None:
    network = build(Architecture.from_dict(FUSION | {"dropout": 0.5}), vectors(), seed=0)
    inputs = random_compounds(4, 3)
    network.eval()
    assert torch.equal(network(inputs)[0], network(inputs)[0])
    network.train()
    assert not torch.equal(network(inputs)[0], network(inputs)[0])


def test_narrow_local_reference() -> None:
    plain = {"width": 16, "local": [{"kind": "dcnn_k1", "narrow": 2}]}
    network = build(Architecture.from_dict(plain), vectors(), seed=0)
    assert network.element_features(random_compounds(2, 3)).shape == (2, 3, 8)
