from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.row_weights import RowWeights
from fusionnas.errors import OptionError, TrainingFailed
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network, build
from fusionnas.tasks.loss import robust_l1, scaled_l1
from fusionnas.training.batches import jittered
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import predict_standardised
from fusionnas.training.optimisation import ends_a_triangle, make_optimizer, make_schedule
from fusionnas.training.recipe import RECIPES
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer, train
from tests.made.small_data import small_dataset

LSTM = Architecture.from_dict({"width": 16, "global": ["lstm"]})
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return TrainingData.of(small_dataset(), CPU)


def fresh(seed: int = 0) -> Network:
    return build(LSTM, element_vectors(), seed)


def test_every_compound_comes_once_an_epoch(data: TrainingData) -> None:
    generator = torch.Generator().manual_seed(0)
    steps = list(data.train.shuffled(32, generator))
    assert len(steps) == data.train.steps(32)
    rows = torch.cat([piece.rows for step in steps for piece in step])
    assert sorted(rows.tolist()) == list(range(data.train.size))
    sizes = sorted(sum(len(piece.rows) for piece in step) for step in steps)
    assert sizes[1:] == [32] * (len(steps) - 1)  # only one step is smaller
    for step in steps:
        for piece in step:
            assert piece.inputs.numbers.shape == piece.inputs.fractions.shape


def test_an_epoch_is_shuffled_and_reproducible(data: TrainingData) -> None:
    def order(seed: int) -> list[int]:
        steps = data.train.shuffled(32, torch.Generator().manual_seed(seed))
        return [row for step in steps for piece in step for row in piece.rows.tolist()]

    assert order(1) == order(1) != order(2)


def test_jittered_fractions_sum_to_one() -> None:
    fractions = torch.full((5, 4), 0.25, dtype=torch.float64)
    noisy = jittered(Inputs(torch.ones(5, 4).long(), fractions), 0.02).fractions
    torch.testing.assert_close(noisy.sum(dim=1), torch.ones(5, dtype=torch.float64))
    assert 0 < (noisy - fractions).abs().max() < 0.05


def test_training_learns_and_keeps_the_best_weights(data: TrainingData) -> None:
    recipe = load_recipe("default", epochs=60)
    network = fresh()
    result = train(network, data, recipe, seed=0)
    assert result.skill > 0.5
    assert not result.collapsed
    assert result.val_error == pytest.approx(min(row.val_error for row in result.history))
    assert result.history[result.best_epoch - 1].val_error == pytest.approx(result.val_error)
    value, _ = predict_standardised(network, data.val)
    mae = np.abs(data.scaler.restore(value) - data.val_target).mean()
    assert mae == pytest.approx(result.val_error)


def test_the_same_seed_gives_the_same_weights(data: TrainingData) -> None:
    recipe = load_recipe("default", epochs=2)
    networks = []
    for seed in (0, 0, 1):
        networks.append(fresh(0))
        train(networks[-1], data, recipe, seed)
    first, same, other = (torch.cat([p.flatten() for p in n.parameters()]) for n in networks)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_the_global_generator_is_left_alone(data: TrainingData) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    train(fresh(), data, load_recipe("default", epochs=1), seed=0)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_non_finite_loss_fails_with_its_reason(data: TrainingData) -> None:
    recipe = replace(load_recipe("default", epochs=3), learning_rate=1e20, gradient_clip=None)
    with pytest.raises(TrainingFailed, match="not finite in epoch"):
        train(fresh(), data, recipe, seed=0)


def test_patience_ends_a_training_early(data: TrainingData) -> None:
    recipe = replace(
        load_recipe("default", epochs=50),
        patience=2,
        learning_rate=1e-12,
        lowest_learning_rate=1e-13,
    )
    trainer = Trainer(fresh(), data, recipe, seed=0)
    assert len(list(trainer)) < 50


def test_a_collapsed_network_is_marked(data: TrainingData) -> None:
    recipe = replace(
        load_recipe("default", epochs=1), learning_rate=1e-12, lowest_learning_rate=1e-13
    )
    assert train(fresh(), data, recipe, seed=0).collapsed


def test_losses() -> None:
    error = torch.tensor([0.5, -2.0])
    s = torch.tensor([0.1, -0.3], requires_grad=True)
    expected = math.sqrt(2) * error.abs() * torch.exp(-s) + s
    torch.testing.assert_close(robust_l1(error, s), expected)
    torch.testing.assert_close(scaled_l1(error, s), s.exp() * expected)


def test_scaled_l1_pulls_all_rows_alike() -> None:
    """Its gradient in the error is that of plain L1, whatever the scale; robust L1's is not."""
    for loss, alike in ((scaled_l1, True), (robust_l1, False)):
        error = torch.tensor([1.0, 1.0], requires_grad=True)
        loss(error, torch.tensor([-3.0, 2.0])).mean().backward()
        assert torch.allclose(error.grad[0], error.grad[1]) == alike


def test_the_learned_scale_is_the_standard_deviation() -> None:
    """Both losses are least where exp(s) = sqrt(2) mean |e|, the Laplace distribution's sd."""
    errors = torch.distributions.Laplace(0.0, 1.5).sample((20_000,))
    for loss in (robust_l1, scaled_l1):
        s = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.Adam([s], lr=0.05)
        for _ in range(300):
            optimizer.zero_grad()
            loss(errors, s.expand(len(errors))).mean().backward()
            optimizer.step()
        assert s.exp().item() == pytest.approx(math.sqrt(2) * errors.abs().mean().item(), rel=0.02)


def test_paper_recipe_without_bias_correction() -> None:
    """LAMB's first step: u = (1 - b1) g / sqrt((1 - b2) g^2), then rate |w| / |u| u."""
    recipe = load_recipe("paper", epochs=40)
    layer = torch.nn.Linear(3, 2, bias=False)
    before = layer.weight.detach().clone()
    optimizer = make_optimizer(layer, recipe)
    make_schedule(optimizer, recipe, steps_per_epoch=1)
    layer.weight.grad = gradient = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.1, -0.2]])
    optimizer.step()
    update = 0.1 * gradient / (math.sqrt(0.001) * gradient.abs())
    rate = recipe.lowest_learning_rate
    expected = before - rate * before.norm() / update.norm() * update
    torch.testing.assert_close(layer.weight.detach(), expected, atol=1e-7, rtol=1e-4)


def test_paper_recipe_rate_is_a_triangle() -> None:
    recipe = load_recipe("paper")
    layer = torch.nn.Linear(2, 2)
    optimizer = make_optimizer(layer, recipe)
    schedule = make_schedule(optimizer, recipe, steps_per_epoch=3)
    rates = []
    for _ in range(20):
        for _ in range(3):
            schedule.step()
        rates.append(schedule.get_last_lr()[0])
    assert rates[9] == pytest.approx(6e-3)
    assert rates[19] == pytest.approx(1e-4)
    assert [e for e in range(1, 101) if ends_a_triangle(e)] == [40, 60, 80, 100]


@pytest.mark.parametrize(
    ("rows", "size"), [(100, 128), (24_182, 2048), (10_000, 512), (10**6, 4096)]
)
def test_paper_recipe_batch_size(rows: int, size: int) -> None:
    assert RECIPES["paper"].batch_size_for(rows) == size


def test_small_data_get_more_epochs() -> None:
    default = RECIPES["default"]
    assert default.scaled_to(24_182) == default
    assert default.scaled_to(200_000) == default
    small = default.scaled_to(700)
    assert (small.epochs, small.stops_after) == (250, 125)
    assert default.scaled_to(24_182, share=5 / 8).epochs == 5
    assert default.scaled_to(700, share=1 / 3).epochs == 84
    assert load_recipe("default", epochs=90).scaled_to(100, share=1 / 3).epochs == 90
    assert default.scaled_to(100).epochs == 400
    chosen = load_recipe("default", epochs=90).scaled_to(100)
    assert (chosen.epochs, chosen.stops_after) == (90, 45)
    assert RECIPES["paper"].scaled_to(100) == RECIPES["paper"]


def test_paper_recipe_runs(data: TrainingData) -> None:
    result = train(fresh(), data, load_recipe("paper", epochs=3), seed=0)
    assert result.history[-1].train_loss < result.history[0].train_loss


def test_unknown_recipe() -> None:
    with pytest.raises(OptionError, match="did you mean 'paper'"):
        load_recipe("papier")
    with pytest.raises(OptionError, match="at least 1"):
        load_recipe("default", epochs=0)


def with_weights(weights: np.ndarray) -> TrainingData:
    return TrainingData.of(replace(small_dataset(), weights=RowWeights("w", weights)), CPU)


def test_a_weighted_step_is_a_weighted_mean(data: TrainingData) -> None:
    """A compound of weight two counts like the same compound twice."""
    weights = np.random.default_rng(0).integers(1, 4, data.train.size + 200).astype(float)
    weighted = with_weights(weights)
    own = weighted.train.groups[0]
    counts = torch.as_tensor(weights[small_dataset().parts.train])[own.rows[:16]].long()
    recipe = replace(load_recipe("default", epochs=1), jitter=0.0)
    trainer = Trainer(fresh(), weighted, recipe, seed=0)
    step = [replace(own, inputs=own.inputs[:16], target=own.target[:16], rows=own.rows[:16],
                    weight=own.weight[:16])]  # fmt: skip
    twice = torch.repeat_interleave(torch.arange(16), counts)
    repeated = [replace(step[0], inputs=own.inputs[twice], target=own.target[twice], weight=None)]
    mean = weights[small_dataset().parts.train].mean()
    found, expected = trainer._loss(step), trainer._loss(repeated)
    torch.testing.assert_close(found * 16 * mean, expected * len(twice), check_dtype=False)


def test_equal_weights_train_the_same_network(data: TrainingData) -> None:
    """Bit by bit, for any factor: their mean is 1."""
    recipe = load_recipe("default", epochs=2)
    networks = []
    for own in (data, with_weights(np.full(len(small_dataset().targets), 8.0))):
        network = fresh()
        result = train(network, own, recipe, seed=0)
        networks.append(network.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(*(n.values() for n in networks), strict=True))
    assert result.scores["val_weighted_mae"] == pytest.approx(result.scores["val_mae"])


def test_rows_that_count_little_are_not_learned(data: TrainingData) -> None:
    """Half of the training rows have a wrong target; with a small weight the others are learned."""
    whole = small_dataset()
    wrong = whole.parts.train[::2]
    targets, weights = whole.targets.copy(), np.ones(len(whole.targets))
    targets[wrong] = 10 - targets[wrong]
    weights[wrong] = 1e-3
    errors = []
    for weighted in (RowWeights("w", weights), None):
        own = TrainingData.of(replace(whole, targets=targets, weights=weighted), CPU)
        errors.append(train(fresh(), own, load_recipe("default", epochs=15), 0).val_error)
    assert errors[0] < 0.5 * errors[1]
