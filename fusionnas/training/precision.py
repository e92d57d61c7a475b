"""In which precision a network's products are taken while it is trained.

Weights, sums, the readout, the loss and the optimiser are in float32 in any case, and so are the
predictions that an error is measured on.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, get_args

import torch

from fusionnas.errors import OptionError, did_you_mean

TrainingPrecision = Literal["auto", "fp32", "bf16"]
TRAINING_PRECISIONS: tuple[TrainingPrecision, ...] = get_args(TrainingPrecision)


def check_precision(name: str) -> TrainingPrecision:
    """Raise OptionError where there is no such precision."""
    for known in TRAINING_PRECISIONS:
        if name == known:
            return known
    raise OptionError(
        f"There is no precision '{name}'; {did_you_mean(name, list(TRAINING_PRECISIONS))}"
    )


def autocast(device: torch.device, precision: TrainingPrecision) -> AbstractContextManager[Any]:
    """bfloat16 products where they are asked for; `auto` has them on GPUs with the hardware."""
    if precision == "auto":
        gpu = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bf16" if gpu else "fp32"
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
