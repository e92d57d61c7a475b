"""How far the prediction of a single compound depends on the order of its elements."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import torch

from fusionnas.data.table import CompositionTable
from fusionnas.predict import Predictor
from fusionnas.training.batches import Compounds

MOST = 24  # orders tried: all of up to four elements, a sample of more


@torch.no_grad()
def order_gaps(predictor: Predictor, table: CompositionTable, seed: int = 0) -> np.ndarray:
    """The median change of each prediction over other orders of its elements, (N,).

    In the unit of the property; 0 for a network that does not read the order, and for a single
    element. Beyond four elements it is over a sample of 23 orders.
    """
    network, scaler = predictor.bundle.network.eval(), predictor.bundle.scaler
    gaps = np.zeros(len(table))
    for batch in Compounds(table, predictor.device).in_order(1024):
        n = batch.numbers.shape[1]
        if n == 1:
            continue
        straight = network(batch.numbers, batch.fractions)[0]
        changes = []
        for order in _other_orders(n, seed):
            permuted = network(batch.numbers[:, order], batch.fractions[:, order])[0]
            changes.append((permuted - straight).abs().double().cpu().numpy())
        gaps[batch.rows.cpu().numpy()] = scaler.std * np.median(changes, axis=0)
    return gaps


def _other_orders(n: int, seed: int) -> list[list[int]]:
    """Orders of n elements but the present one."""
    if n <= 4:
        return [list(order) for order in permutations(range(n))][1:]
    rng = np.random.default_rng(seed)
    return [rng.permutation(n).tolist() for _ in range(MOST - 1)]
