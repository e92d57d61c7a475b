"""What classification decides, and that a training of it gives right probabilities."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from fusionnas.data.dataset import Dataset
from fusionnas.data.scaling import Scaler
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.tasks.classification import CLASSIFICATION, is_weighted, log_loss, prior
from fusionnas.tasks.kinds import is_classifier, stored_task, task_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.workflows.train import train_in_memory
from tests.made.small_data import small_dataset


def of_classes(share: float = 0.5, rows: int = 300) -> Dataset:
    """Whether the mean electronegativity is high; class 1 has this share of the rows."""
    data = small_dataset(rows)
    codes = (data.targets > np.quantile(data.targets, 1 - share)).astype(float)
    return replace(data, targets=codes, classes=("low", "high"))


def test_scores_have_the_log_loss_first() -> None:
    p, y = np.array([0.9, 0.2, 0.6, 0.4]), np.array([1.0, 0.0, 0.0, 1.0])
    found = CLASSIFICATION.scores("val", p, y)
    assert list(found)[:2] == ["val_log_loss", "val_roc_auc"]
    assert found["val_log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.4]).mean())
    assert found["val_roc_auc"] == 0.75
    assert found["val_balanced_accuracy"] == 0.5
    assert found["val_mcc"] == 0


def test_skill_is_measured_from_the_share_of_the_classes() -> None:
    known = np.array([1.0, 0.0, 0.0, 0.0])
    assert CLASSIFICATION.constant_error(known, known) == pytest.approx(0.5623, abs=1e-4)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_an_untrained_output_is_the_share(share: float) -> None:
    scaler = prior(np.repeat([1.0, 0.0], [int(100 * share), 100 - int(100 * share)]))
    value, deviation = CLASSIFICATION.decode(np.zeros(1), np.zeros(1), scaler)
    assert value.item() == pytest.approx(share)
    assert deviation.item() == pytest.approx(math.sqrt(share * (1 - share)))
    assert is_weighted(scaler) == (share < 0.2)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_the_loss_is_that_of_the_probability(share: float) -> None:
    scaler, codes = Scaler(math.log(share / (1 - share)), 1.0), torch.tensor([0.0, 1.0, 0.0])
    output = torch.tensor([0.3, -0.2, 1.1])

    def network(inputs: object) -> tuple[torch.Tensor, torch.Tensor]:
        return output, torch.zeros(3)

    assert CLASSIFICATION.residuals is not None
    terms = CLASSIFICATION.residuals(network, None, codes - scaler.mean, scaler)
    z = output if share < 0.2 else output + scaler.mean
    weights = torch.where(codes == 1, 0.5 / share, 0.5 / (1 - share)) if share < 0.2 else None
    expected = torch.nn.functional.binary_cross_entropy_with_logits(z, codes, weight=weights)
    assert log_loss(*terms[:2]).mean().item() == pytest.approx(expected.item(), rel=1e-5)


def test_old_models_are_regressions() -> None:
    assert stored_task({}) is REGRESSION
    assert is_classifier({"task": "classification"})
    assert task_of(small_dataset()) is REGRESSION
    assert task_of(of_classes()) is CLASSIFICATION


@pytest.mark.parametrize("share", [0.5, 0.15])
def test_a_training_finds_the_classes_and_their_shares(share: float) -> None:
    data = of_classes(share, rows=600)
    trained = train_in_memory("lstm", data, width=16, epochs=40)
    metrics = trained.metrics
    assert metrics["val_roc_auc"] > 0.9
    assert metrics["skill"] > 0.3
    assert trained.recipe.loss == "log_loss"
    found = Predictor(bundle_of(trained)).mixture(data.table).value
    assert found.mean() == pytest.approx(share, abs=0.05)
