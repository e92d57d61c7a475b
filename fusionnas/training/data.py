"""What a training needs of a data set, on its device, made once and used by every trial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fusionnas.data.dataset import Dataset
from fusionnas.data.scaling import Scaler
from fusionnas.statistics.metrics import mae
from fusionnas.training.batches import Compounds


@dataclass(frozen=True, slots=True)
class TrainingData:
    train: Compounds  # targets standardised
    val: Compounds
    val_target: np.ndarray  # (N_val,), in the unit of the target, order of the table
    scaler: Scaler
    median_mae: float  # validation MAE of the training part's median
    device: torch.device

    @classmethod
    def of(
        cls, dataset: Dataset, device: torch.device, scaler: Scaler | None = None
    ) -> TrainingData:
        """The training and validation parts of `dataset` on `device`.

        `scaler` is of the target; None fits one to the training part.
        """
        scaler = scaler or dataset.scaler()
        train, val = dataset.parts.train, dataset.parts.val
        y = scaler.standardise(dataset.targets)
        return cls(
            train=Compounds(dataset.table.take(train), device, y[train]),
            val=Compounds(dataset.table.take(val), device, y[val]),
            val_target=dataset.targets[val],
            scaler=scaler,
            median_mae=mae(np.median(dataset.targets[train]), dataset.targets[val]),
            device=device,
        )
