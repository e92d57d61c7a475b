"""Whatever a task decides, a training does: nothing of regression is built into it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from fusionnas.statistics.metrics import rmse
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Metric, Task
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer
from tests.made.small_data import small_dataset

LSTM = Architecture.from_dict({"width": 16, "global": ["lstm"]})


def squared(error: Tensor, log_scale: Tensor) -> Tensor:
    return error.square() + 0 * log_scale


def halved(y: np.ndarray) -> Scaler:
    return Scaler(mean=0.0, std=2.0)


def test_a_training_goes_by_its_task() -> None:
    """One that learns the mean of a target on another scale, and is judged by another error."""
    task: Task = replace(
        REGRESSION,
        losses={"scaled_l1": squared},
        fit_scale=halved,
        error=Metric("rms", "root mean square", rmse),
        beside=(),
        best_constant=np.mean,
        least_skill=0.999,
    )
    data = TrainingData.of(small_dataset(), torch.device("cpu"), task=task)
    assert data.scaler == Scaler(0.0, 2.0)
    train, val = (small_dataset().targets[rows] for rows in _parts())
    assert data.constant_error == pytest.approx(np.sqrt(((val - train.mean()) ** 2).mean()))
    network = build(LSTM, element_vectors(), seed=0)
    trainer = Trainer(network, data, load_recipe("default", epochs=20), seed=0)
    list(trainer)
    result = trainer.finish()
    error = rmse(2 * predict_standardised(network, data.val)[0], data.val_target)
    assert result.scores == {"val_rms": pytest.approx(error)}
    assert result.skill == pytest.approx(1 - error / data.constant_error)
    assert result.skill > 0
    assert result.collapsed  # by the skill that this task asks for
    kept = result.to_dict()
    assert min(row["val_rms"] for row in kept["history"]) == pytest.approx(error)
    assert not [key for key in (*kept, *kept["history"][0]) if "mae" in key]


def test_a_training_that_waits_on_disk_has_the_names_of_earlier_versions() -> None:
    data = TrainingData.of(small_dataset(), torch.device("cpu"))
    network = build(LSTM, element_vectors(), seed=0)
    trainer = Trainer(network, data, load_recipe("paper", epochs=1), seed=0, trained=True)
    next(iter(trainer))
    state = trainer.state()
    assert {"start_mae", "average_mae"} < state.keys()
    assert state["history"][0].keys() == {
        "epoch",
        "train_loss",
        "val_mae",
        "learning_rate",
        "seconds",
    }
    again = Trainer(network, data, load_recipe("paper", epochs=1), seed=0)
    again.resume(state)
    assert again.history == trainer.history
    assert again.start_error == trainer.start_error == state["start_mae"]


def _parts() -> tuple[np.ndarray, np.ndarray]:
    parts = small_dataset().parts
    return parts.train, parts.val
