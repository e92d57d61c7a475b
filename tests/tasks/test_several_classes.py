"""Three or more classes: two of them are the case that `fusionnas.tasks.classification` has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.statistics import class_metrics
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.statistics.temperature import at_temperature, fit_temperature, logits, softmax
from fusionnas.tasks import classification
from fusionnas.tasks.classification import CLASSIFICATION, log_loss
from fusionnas.tasks.kinds import is_classifier, stored_task, task_of
from fusionnas.tasks.several_classes import indicators, is_weighted, prior, several_classes
from fusionnas.workflows.train import train_in_memory
from tests.made.class_study import THREE, class_dataset

RNG = np.random.default_rng(0)
P, Y = RNG.uniform(0.01, 0.99, 200), RNG.integers(0, 2, 200).astype(float)


@pytest.mark.parametrize("name", ["log_loss", "roc_auc", "balanced_accuracy", "mcc"])
def test_two_columns_have_the_scores_of_two_classes(name: str) -> None:
    one = CLASSIFICATION.scores("val", P, Y)[f"val_{name}"]
    two = several_classes(2).scores("val", of_each_class(P), Y)[f"val_{name}"]
    assert two == pytest.approx(one)


def test_the_temperature_of_two_columns_is_that_of_two_classes() -> None:
    p = np.where(Y == 1, 0.9, 0.1) * 0.6 + 0.4 * P
    one, two = (fit_temperature(logits(given), Y) for given in (p, of_each_class(p)))
    assert one is not None
    assert two is not None
    assert two.value == pytest.approx(one.value, rel=1e-3)
    np.testing.assert_allclose(at_temperature(of_each_class(p), 2)[:, 1], at_temperature(p, 2))


def test_macro_scores_are_means_over_the_classes() -> None:
    p, y = softmax(RNG.normal(size=(300, 4))), RNG.integers(0, 4, 300).astype(float)
    found = several_classes(4).scores("test", p, y)
    each = [class_metrics.roc_auc(p[:, code], (y == code).astype(float)) for code in range(4)]
    assert found["test_roc_auc"] == pytest.approx(np.mean(each))
    assert found["test_log_loss"] == pytest.approx(-np.log(p[np.arange(300), y.astype(int)]).mean())


@pytest.mark.parametrize("counts", [(30, 30, 40), (5, 35, 60)])
def test_an_untrained_output_is_the_share(counts: tuple[int, ...]) -> None:
    task, codes = several_classes(3), np.repeat([0.0, 1.0, 2.0], counts)
    scaler = prior(codes, 3)
    value, deviation = task.decode(np.zeros((1, 3)), np.zeros((1, 3)), scaler)
    np.testing.assert_allclose(value[0], np.array(counts) / 100)
    assert deviation.shape == (1, 3)
    assert is_weighted(scaler) == (min(counts) < 40 / 3)
    shares = np.array(counts) / 100
    assert task.constant_error(codes, codes) == pytest.approx(-(shares * np.log(shares)).sum())


@pytest.mark.parametrize("counts", [(30, 30, 40), (5, 35, 60)])
def test_the_loss_is_the_cross_entropy(counts: tuple[int, ...]) -> None:
    task, scaler = several_classes(3), prior(np.repeat([0.0, 1.0, 2.0], counts), 3)
    output, codes = torch.randn(6, 3), torch.tensor([0, 1, 2, 2, 1, 0])

    def network(inputs: object) -> tuple[torch.Tensor, torch.Tensor]:
        return output, torch.zeros(6, 3)

    assert task.residuals is not None
    terms = task.residuals(network, None, codes.float(), scaler)
    weights = 1 / (3 * torch.tensor(counts) / 100) if is_weighted(scaler) else torch.ones(3)
    z = output if is_weighted(scaler) else output + torch.tensor(scaler.mean)
    each = torch.nn.functional.cross_entropy(z, codes, reduction="none")
    expected = (weights[codes] * each).mean()
    assert log_loss(*terms[:2]).mean().item() == pytest.approx(expected.item(), rel=1e-5)


def test_two_classes_are_weighted_by_the_same_rule() -> None:
    for rare in (10, 30):
        codes = np.repeat([0.0, 1.0], (rare, 100 - rare))
        one = classification.is_weighted(classification.prior(codes))
        assert is_weighted(prior(codes, 2)) == one


def test_a_class_without_a_row_has_a_probability() -> None:
    shares = np.exp(prior(np.array([0.0, 0.0, 2.0]), 4).mean)
    assert shares.min() > 0
    assert shares.sum() == pytest.approx(1)


def test_stored_models_tell_their_task_by_their_classes() -> None:
    manifest = {"task": "classification", "classes": list(THREE)}
    assert stored_task(manifest) is several_classes(3)
    assert is_classifier(manifest)
    assert indicators(np.array([2.0, 0.0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_a_training_finds_three_classes() -> None:
    data = class_dataset(300, THREE)
    trained = train_in_memory("lstm", data, width=16, epochs=40)
    assert trained.network.architecture.heads == 3
    assert trained.metrics["skill"] > 0.05
    found = Predictor(bundle_of(trained)).mixture(data.table)
    assert found.value.shape == found.uncertainty.shape == (300, 3)
    np.testing.assert_allclose(found.value.sum(axis=1), 1)
    assert task_of(data).error.measure(found.value, data.targets) < 1.0
    one_head = replace(trained.network.architecture, heads=1)
    assert one_head.to_dict().get("heads") is None
