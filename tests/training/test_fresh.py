"""One seed gives the first weights and a training's order: the numbers of earlier versions."""

from __future__ import annotations

import torch

from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.training.fresh import fresh_network, training_seed
from tests.made.compounds import vectors


def test_the_sub_seeds_are_those_of_earlier_versions() -> None:
    assert [training_seed(seed) for seed in (0, 7)] == [803553249, 119027065]
    architecture = load_architecture("lstm").with_width(8)
    ours = fresh_network(architecture, vectors(), 0).state_dict()
    recorded = build(architecture, vectors(), seed=31069315).state_dict()
    assert all(torch.equal(recorded[key], value) for key, value in ours.items())
