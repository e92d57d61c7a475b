"""How far the prediction of a single compound depends on the order of its elements."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import torch

from fusionnas.data.table import CompositionTable
from fusionnas.models.predictor import Predictor
from fusionnas.training.batches import Batch, Compounds
from fusionnas.training.inference import BATCH_SIZE

MOST = 24  # orders tried: all of up to four elements, a sample of more


def order_gaps(predictor: Predictor, table: CompositionTable, seed: int = 0) -> np.ndarray:
    """The median change of each prediction over other orders of its elements, (N,).

    In the unit of the property; 0 for a network that does not read the order, and for a single
    element. Beyond four elements it is over a sample of 23 orders.
    """
    gaps = np.zeros(len(table))
    for batch in Compounds(table, predictor.device).in_order(BATCH_SIZE):
        n = batch.numbers.shape[1]
        if n == 1:
            continue
        straight = _values(predictor, batch, list(range(n)))
        changes = [
            np.abs(_values(predictor, batch, order) - straight) for order in _other_orders(n, seed)
        ]
        gaps[batch.rows.cpu().numpy()] = np.median(changes, axis=0)
    return gaps


@torch.no_grad()
def _values(predictor: Predictor, batch: Batch, order: list[int]) -> np.ndarray:
    """Predictions (B,) for compounds whose elements come in another order."""
    numbers, fractions = batch.numbers[:, order], batch.fractions[:, order]
    return np.mean(
        [
            member.scaler.restore(
                member.network.eval()(numbers, fractions)[0].double().cpu().numpy()
            )
            for member in predictor.networks
        ],
        axis=0,
    )


def _other_orders(n: int, seed: int) -> list[list[int]]:
    """Orders of n elements but the present one."""
    if n <= 4:
        return [list(order) for order in permutations(range(n))][1:]
    rng = np.random.default_rng(seed)
    return [rng.permutation(n).tolist() for _ in range(MOST - 1)]
