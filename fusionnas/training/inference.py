"""Predictions of a network for many compounds, without gradients and in float32."""

from __future__ import annotations

import numpy as np
import torch

from fusionnas.network import Network
from fusionnas.training.batches import Compounds

BATCH_SIZE = 2048


@torch.no_grad()
def predict_standardised(
    network: Network, compounds: Compounds, batch_size: int = BATCH_SIZE
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and log-scales (N,), float64, in the order of the table.

    Both are in units of the standardised target; a prediction depends on its compound alone.
    """
    network.eval()
    value = np.empty(compounds.size)
    log_scale = np.empty(compounds.size)
    pieces = [
        (batch.rows, *network(batch.numbers, batch.fractions))
        for batch in compounds.in_order(batch_size)
    ]
    for rows, v, s in pieces:  # read back only after all is queued on the device
        place = rows.cpu().numpy()
        value[place] = v.float().cpu().numpy()
        log_scale[place] = s.float().cpu().numpy()
    return value, log_scale
