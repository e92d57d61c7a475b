"""The precision of a network's matrix products in training.

Weights, sums, the readout, the loss and the optimiser are always in float32, and so are the
predictions from which an error is computed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import torch

from fusionnas.errors import OptionError

if TYPE_CHECKING:
    from fusionnas.training.recipe import TrainingPrecision


def autocast(device: torch.device, precision: TrainingPrecision) -> AbstractContextManager[Any]:
    """Use bfloat16 products if asked for; `auto` uses them on GPUs with the hardware.

    On a CPU `auto` means float32; docs/training.md gives the figures of both.

    Raises:
        OptionError: bf16 was asked for on a device that lacks it.
    """
    check_hardware(device, precision)
    if precision == "bf16" or (
        precision == "auto" and device.type == "cuda" and device_has_bf16(device)
    ):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def check_hardware(device: torch.device, precision: TrainingPrecision) -> None:
    """Raise OptionError if bf16 is asked for on a device that lacks it."""
    if precision == "bf16" and not device_has_bf16(device):
        gpu = device.type == "cuda"
        name = torch.cuda.get_device_name(device) if gpu else "This processor"
        raise OptionError(f"{name} has no bfloat16; use --precision fp32 or auto.")


def device_has_bf16(device: torch.device) -> bool:
    """Whether all layers can compute in bfloat16 on a device."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return _processor_has_bf16()


@cache
def _processor_has_bf16() -> bool:
    """Recurrent layers cannot run in bfloat16 on processors without the instructions."""
    try:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            torch.nn.LSTM(1, 1)(torch.zeros(1, 1, 1))
    except RuntimeError:
        return False
    return True
