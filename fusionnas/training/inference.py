"""Predictions of a network for many compounds, without gradients."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from fusionnas.networks.network import Network
from fusionnas.training.batches import Compounds
from fusionnas.training.precision import check_hardware

BATCH_SIZE = 2048
Precision = Literal["fp32", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")


@torch.no_grad()
def predict_standardised(
    network: Network,
    compounds: Compounds,
    batch_size: int = BATCH_SIZE,
    precision: Precision = "fp32",
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and log-scales, float64, in the order of the table: (N,), or (N, H) for H heads.

    Both are in units of the standardised target. A prediction depends on its compound alone. With
    bf16 the matrix products of the trunk are computed in bfloat16, and sums and the readout in
    float32; OptionError if the device has no bfloat16.
    """
    network.eval()
    heads = network.architecture.heads
    shape = (compounds.size,) if heads == 1 else (compounds.size, heads)
    value, log_scale = np.empty(shape), np.empty(shape)
    device = next(network.parameters()).device
    check_hardware(device, precision)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        pieces = [(batch.rows, *network(batch.inputs)) for batch in compounds.in_order(batch_size)]
    for rows, v, s in pieces:  # read back only after everything is queued on the device
        place = rows.cpu().numpy()
        value[place] = v.float().cpu().numpy()
        log_scale[place] = s.float().cpu().numpy()
    return value, log_scale
