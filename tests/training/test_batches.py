from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import Network, build
from fusionnas.training.batches import Batch
from fusionnas.training.data import TrainingData
from fusionnas.training.recipe import BatchRule
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer
from tests.made.small_data import small_dataset

ARCHITECTURE = Architecture.from_dict(
    {"width": 16, "global": [{"kind": "gru", "attention": "soft"}], "local": ["dcnn"]}
)
RULES: tuple[BatchRule, ...] = ("equal_length", "mixed")


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return TrainingData.of(small_dataset(), torch.device("cpu"))


def fresh() -> Network:
    return build(ARCHITECTURE, element_vectors(), 0)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [1, 32, 10_000])
def test_an_epoch_holds_every_compound_once(data: TrainingData, rule: BatchRule, size: int) -> None:
    steps = list(data.train.shuffled(size, torch.Generator().manual_seed(0), rule))
    assert len(steps) == data.train.steps(size)
    rows = torch.cat([piece.rows for step in steps for piece in step])
    assert sorted(rows.tolist()) == list(range(data.train.size))
    sizes = sorted(sum(len(piece.rows) for piece in step) for step in steps)
    assert sizes[1:] == [size] * (len(steps) - 1)  # only one step is smaller


def test_mixed_steps_hold_the_lengths_in_their_shares(data: TrainingData) -> None:
    shares = torch.zeros(9)
    for step in data.train.shuffled(64, torch.Generator().manual_seed(0), "mixed"):
        lengths = [piece.inputs.elements for piece in step]
        assert lengths == sorted(set(lengths))  # one piece a length
        if sum(len(piece.rows) for piece in step) == 64:
            assert len(lengths) > 1
        for piece in step:
            shares[piece.inputs.elements] += len(piece.rows)
    for group in data.train.groups:
        assert shares[group.inputs.elements] == len(group.inputs)


def test_a_mixed_epoch_is_shuffled_and_reproducible(data: TrainingData) -> None:
    def order(seed: int) -> list[int]:
        steps = data.train.shuffled(32, torch.Generator().manual_seed(seed), "mixed")
        return [row for step in steps for piece in step for row in piece.rows.tolist()]

    assert order(1) == order(1) != order(2)


def test_pieces_have_the_gradient_of_their_compounds_one_by_one(data: TrainingData) -> None:
    recipe = replace(load_recipe("default", 1), jitter=0.0, batches="mixed")
    step = next(iter(data.train.shuffled(24, torch.Generator().manual_seed(3), "mixed")))
    assert len(step) > 1
    alone = [
        Batch(piece.inputs[i : i + 1], piece.target[i : i + 1], piece.rows[i : i + 1])
        for piece in step
        for i in range(len(piece.rows))
    ]
    gradients = []
    for pieces in (step, alone):
        trainer = Trainer(fresh(), data, recipe, seed=0)
        trainer._loss(pieces).backward()
        gradients.append({name: p.grad for name, p in trainer.network.named_parameters()})
    for name, together in gradients[0].items():
        if together is not None:
            torch.testing.assert_close(together, gradients[1][name], atol=1e-6, rtol=1e-4)


def test_a_mixed_training_learns(data: TrainingData) -> None:
    recipe = replace(load_recipe("default", 15), batches="mixed", batch_size=32)
    trainer = Trainer(fresh(), data, recipe, seed=0)
    list(trainer)
    assert trainer.finish().skill > 0.5
