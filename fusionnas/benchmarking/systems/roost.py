"""Roost (Goodall and Lee, Nat. Commun. 11 (2020) 6280) by its authors' package, aviary.

Their recipe: 250 epochs of AdamW at a rate of 3e-4 with batches of 128, the robust L1 loss, and the
last weights, so that validation rows are trained on as well. One network, not their ensemble of
ten. `--budget` as a number replaces the epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems.system import FIELD, System
from fusionnas.data.table import CompositionTable
from fusionnas.seeding import sub_seed

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

EPOCHS, BATCH = 250, 128
RATE, WEIGHT_DECAY = 3e-4, 1e-6
TARGET = "target"


@dataclass(frozen=True, slots=True)
class _Fitted:
    model: Any
    scale: Any  # of the target: mean and standard deviation
    parameters: int

    def predict(self, table: CompositionTable) -> np.ndarray:
        batches = _batches(table.formulas(), np.zeros(len(table)), shuffle=False)
        _, [output], _ = self.model.predict(batches)
        return self.scale.denorm(output[:, 0].cpu()).numpy().astype(float)


def _batches(formulas: Sequence[str], targets: np.ndarray, shuffle: bool) -> DataLoader[Any]:
    import pandas as pd
    from aviary.roost.data import CompositionData, collate_batch
    from torch.utils.data import DataLoader

    frame = pd.DataFrame({"material_id": range(len(formulas)), "composition": formulas})
    rows = CompositionData(frame.assign(**{TARGET: targets}), {TARGET: "regression"})
    return DataLoader(rows, BATCH, shuffle=shuffle, collate_fn=collate_batch)


def _fit(material: Material) -> _Fitted:
    """Train on training and validation rows, because validation chooses nothing."""
    from aviary.core import Normalizer
    from aviary.roost.model import Roost
    from aviary.utils import initialize_losses, initialize_optim

    data, task = material.dataset, {TARGET: "regression"}
    with torch.random.fork_rng():
        torch.manual_seed(sub_seed(material.seed, "roost"))
        model = Roost(task_dict=task, robust=True, n_targets=[1])
        model.to(model.device)
        scale = Normalizer()
        scale.fit(torch.as_tensor(data.targets, dtype=torch.float32))
        optimizer, schedule = initialize_optim(
            model, "AdamW", RATE, WEIGHT_DECAY, momentum=0.9, device=model.device
        )
        model.fit(
            _batches(material.all_formulas, data.targets, shuffle=True),
            None,
            optimizer,
            schedule,
            material.budget.epochs or EPOCHS,
            initialize_losses(task, {TARGET: "L1"}, robust=True),
            {TARGET: scale},
            model_name="roost",
            run_id=0,
            checkpoint=False,
            verbose=False,
        )
    return _Fitted(model, scale, model.num_params)


SYSTEMS = (
    System(
        "roost",
        FIELD,
        "Roost by its authors' package aviary, one network by their recipe",
        _fit,
        "aviary",
        "MIT",
    ),
)
