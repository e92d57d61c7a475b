"""The published recipe is what was published (Du et al., CrabNet)."""

from __future__ import annotations

import copy
import math

import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from fusionnas.training.data import TrainingData
from fusionnas.training.optimisation import TRIANGLE_EPOCHS, make_optimizer, make_schedule
from fusionnas.training.recipe import RECIPES
from fusionnas.training.trainer import Trainer
from tests.made.small_data import small_dataset

PAPER = RECIPES["paper"]


def test_its_fields() -> None:
    assert (PAPER.optimizer, PAPER.loss, PAPER.schedule) == ("lamb", "robust_l1", "triangular")
    assert (PAPER.average, PAPER.patience, PAPER.batches) == (True, 5, "equal_length")
    assert (PAPER.weight_decay, PAPER.gradient_clip, TRIANGLE_EPOCHS) == (0.0, None, 10)
    for rows in (100, 5_000, 60_000, 10**6):
        expected = min(4096, max(128, 2 ** round(math.log2(rows) - 4)))
        assert PAPER.batch_size_for(rows) == expected


def test_lamb_in_lookahead_by_hand() -> None:
    """Seven steps against the two papers' equations, written out here.

    LAMB (You et al., ICLR 2020, algorithm 2) without bias correction; Lookahead (Zhang et al.,
    NeurIPS 2019, algorithm 1) with k = 6 and alpha = 0.5.
    """
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 3, bias=False).double()
    w = layer.weight.detach().clone()
    slow, m, v = w.clone(), torch.zeros_like(w), torch.zeros_like(w)
    optimizer = make_optimizer(layer, PAPER)
    make_schedule(optimizer, PAPER, steps_per_epoch=1)  # not advanced: the lowest rate
    for step in range(1, 8):
        layer.weight.grad = gradient = torch.randn_like(w)
        optimizer.step()
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        update = m / (v.sqrt() + 1e-6)
        w = w - PAPER.lowest_learning_rate * w.norm() / update.norm() * update
        if step % 6 == 0:
            slow = w = slow + 0.5 * (w - slow)
        torch.testing.assert_close(layer.weight.detach(), w, atol=1e-7, rtol=1e-5)


def test_averaging_from_the_second_low_and_five_rejections() -> None:
    """An average is tried after epochs 40, 60, ...; the fifth that is no better ends it."""
    data = TrainingData.of(small_dataset(120), torch.device("cpu"))
    network = build(Architecture.from_dict({"width": 8, "local": ["cnn"]}), element_vectors(), 0)
    trainer = Trainer(network, data, PAPER, seed=0)
    tried = []

    def low(epoch: int) -> None:
        tried.append(epoch)
        trainer.unimproved += 1  # rejected

    trainer._try_average = low  # type: ignore[method-assign]
    assert len(list(trainer)) == 120
    assert tried == [40, 60, 80, 100, 120]


def test_an_average_is_the_mean_of_the_accepted_weights() -> None:
    data = TrainingData.of(small_dataset(120), torch.device("cpu"))
    network = build(Architecture.from_dict({"width": 8, "local": ["cnn"]}), element_vectors(), 0)
    trainer = Trainer(network, data, PAPER, seed=0)
    taken = []
    for epoch in (40, 60):
        with torch.no_grad():
            for p in network.parameters():
                p.add_(0.01 * torch.randn_like(p))
        taken.append(copy.deepcopy(network.state_dict()))
        trainer.best = (math.inf, 0, {})  # any average is better
        trainer._try_average(epoch)
    assert trainer.unimproved == 0
    for name, _ in network.named_parameters():
        expected = (taken[0][name] + taken[1][name]) / 2
        torch.testing.assert_close(trainer.best[2][name], expected)
