"""In which precision a network's products are taken while it is trained.

Weights, sums, the readout, the loss and the optimiser are in float32 in any case, and so are the
predictions that an error is measured on.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch

from fusionnas.errors import OptionError

if TYPE_CHECKING:
    from fusionnas.training.recipe import TrainingPrecision


def autocast(device: torch.device, precision: TrainingPrecision) -> AbstractContextManager[Any]:
    """bfloat16 products where they are asked for; `auto` has them on GPUs with the hardware.

    On a CPU `auto` is float32: docs/training.md has the figures of both.

    Raises:
        OptionError: bf16 on a GPU that lacks it.
    """
    gpu = device.type == "cuda"
    has_it = not gpu or torch.cuda.get_device_capability(device) >= (8, 0)
    if precision == "bf16" and not has_it:
        raise OptionError(
            f"{torch.cuda.get_device_name(device)} has no bfloat16; take --precision fp32 or auto."
        )
    if precision == "bf16" or (precision == "auto" and gpu and has_it):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
