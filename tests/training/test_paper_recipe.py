"""The published recipe is what was published (Du et al., CrabNet)."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from fusionnas.data.element_vectors import element_vectors
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import Network, build
from fusionnas.statistics.metrics import mae
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import predict_standardised
from fusionnas.training.optimisation import TRIANGLE_EPOCHS, make_optimizer, make_schedule
from fusionnas.training.recipe import RECIPES, Recipe
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


# A constant high rate: no single epoch comes as low as the average of several.
UNSTEADY = replace(PAPER, learning_rate=0.08, lowest_learning_rate=0.08, batch_size=32)


def small_network(width: int = 8, kind: str = "cnn") -> Network:
    architecture = Architecture.from_dict({"width": width, "local": [kind]})
    return build(architecture, element_vectors(), 0)


def small_data(rows: int) -> TrainingData:
    return TrainingData.of(small_dataset(rows), torch.device("cpu"))


def validation_mae(weights: dict[str, Tensor], data: TrainingData) -> float:
    network = small_network()
    network.load_state_dict(weights)
    value, _ = predict_standardised(network, data.val)
    return mae(data.scaler.restore(value), data.val_target)


def mean(several: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([w[name] for w in several]).mean(dim=0) for name in several[0]}


@pytest.mark.parametrize(
    "recipe",
    [pytest.param(PAPER, marks=pytest.mark.slow), pytest.param(UNSTEADY, marks=pytest.mark.guards)],
    ids=["paper", "unsteady"],
)
def test_a_whole_training_averages_the_lows_that_make_it_better(recipe: Recipe) -> None:
    """Held against averages that are made here from the weights at each low of the rate.

    The weights of epochs 40, 60, ... are taken in where the mean of all that were taken gets a
    lower validation MAE by it; five in a row that were not end the training.
    """
    data = small_data(400)
    trainer = Trainer(small_network(), data, recipe, seed=0)
    taken: list[dict[str, Tensor]] = []
    lowest, last, rejected = math.inf, 0, 0
    for record in trainer:
        if record.epoch in range(40, 301, 20):
            tried = [*taken, copy.deepcopy(trainer.network.state_dict())]
            found = validation_mae(mean(tried), data)
            if found < lowest:
                taken, lowest, last, rejected = tried, found, record.epoch, 0
            else:
                rejected += 1
        assert trainer.ended == (rejected == 5 or record.epoch == 300)
    assert len(taken) > 2
    assert len(trainer.history) > 120
    result = trainer.finish()
    single = min(result.history, key=lambda record: record.val_error)
    # what is lower on the validation part is kept: the average, or the weights of one epoch
    assert result.val_error == pytest.approx(min(lowest, single.val_error), rel=1e-4)
    if recipe is UNSTEADY:
        assert lowest < single.val_error
        assert (result.best_epoch, result.averaged) == (last, len(taken))
        for name, value in mean(taken).items():
            found_value = trainer.network.state_dict()[name]
            torch.testing.assert_close(found_value, value, atol=1e-5, rtol=1e-4)
    else:
        assert lowest > single.val_error
        assert (result.best_epoch, result.averaged) == (single.epoch, 1)


def test_the_fifth_average_in_a_row_that_is_no_better_ends_it() -> None:
    """Targets in random order: what is learned of them makes validation worse and worse."""
    made = small_dataset(120)
    shuffled = np.random.default_rng(0).permutation(made.targets)
    data = TrainingData.of(replace(made, targets=shuffled), torch.device("cpu"))
    trainer = Trainer(small_network(16, "dcnn"), data, PAPER, seed=0)
    assert len(list(trainer)) == 140  # the average of epoch 40, then five that are worse
    assert trainer.finish().averaged == 1


def test_without_a_choice_the_last_average_is_kept() -> None:
    """Though validation rows that are training rows too would choose another epoch."""
    made = small_dataset(120)
    shuffled = np.random.default_rng(0).permutation(made.targets)
    data = TrainingData.of(replace(made, targets=shuffled), torch.device("cpu"))
    for epochs, averaged in ((10, 1), (45, 1)):
        recipe = replace(PAPER, epochs=epochs)
        trainer = Trainer(small_network(16, "dcnn"), data, recipe, seed=0, choose_epoch=False)
        last = len(list(trainer))
        result = trainer.finish()
        assert last == epochs  # no patience either
        assert (result.best_epoch, result.averaged) == (40 if epochs == 45 else 10, averaged)


@pytest.mark.guards
def test_a_training_that_stopped_between_two_lows_comes_to_the_same_average() -> None:
    data, recipe = small_data(400), replace(UNSTEADY, epochs=120)
    whole = Trainer(small_network(), data, recipe, seed=0)
    list(whole)
    expected = whole.finish()
    stopped = Trainer(small_network(), data, recipe, seed=0)
    assert any(record.epoch == 70 for record in stopped)
    again = Trainer(small_network(), data, recipe, seed=0)
    again.resume(stopped.state())
    list(again)
    found = again.finish()
    assert expected.averaged > 1
    assert (found.val_error, found.averaged) == (expected.val_error, expected.averaged)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value), name
