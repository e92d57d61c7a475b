"""The data set in the form for training, on its device; made once and used by every trial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fusionnas.data.dataset import Dataset
from fusionnas.data.scaling import Scaler
from fusionnas.tasks.kinds import task_of
from fusionnas.tasks.task import Task
from fusionnas.training.batches import Compounds


@dataclass(frozen=True, slots=True)
class TrainingData:
    train: Compounds  # targets standardised
    val: Compounds
    val_target: np.ndarray  # (N_val,), in the unit of the target, order of the table
    scaler: Scaler
    constant_error: float  # validation error of the training part's best constant
    device: torch.device
    task: Task
    val_weights: np.ndarray | None = None  # (N_val,), with a mean of 1; None: all count alike
    weight_scale: float = 1.0  # mean of these weights in the data set

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        device: torch.device,
        scaler: Scaler | None = None,
        task: Task | None = None,
    ) -> TrainingData:
        """The training and validation parts of a data set on a device.

        Args:
            dataset: data set with a training and a validation part.
            device: device on which the network is trained.
            scaler: scaler of the target; None fits one to the training part.
            task: task of the target; None is that of the data set.
        """
        task = task or task_of(dataset)
        scaler = scaler or task.scaler(dataset)
        train, val, whole = dataset.parts.train, dataset.parts.val, dataset.weights
        y, weights = task.encode(dataset.targets, scaler), dataset.weights_of(train)
        return cls(
            train=Compounds(dataset.table.take(train), device, y[train], weights),
            val=Compounds(dataset.table.take(val), device, y[val]),
            val_target=dataset.targets[val],
            scaler=scaler,
            constant_error=task.constant_error(dataset.targets[train], dataset.targets[val]),
            device=device,
            task=task,
            val_weights=dataset.weights_of(val),
            weight_scale=1.0 if whole is None or not len(val) else float(whole.values[val].mean()),
        )
