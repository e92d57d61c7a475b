"""How much predictions depend on the order in which a network reads a compound's elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import torch

from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network
from fusionnas.seeding import sub_seed
from fusionnas.training.batches import Compounds
from fusionnas.training.inference import BATCH_SIZE

ORDER_GAP = "order_gap"  # in files; of several targets one for each, `order_gap/NAME`
Predict = Callable[[Inputs], np.ndarray]  # predictions (B,), or (B, H) of H heads
FEW_ORDERS = 5  # for the gap of a whole table; a ternary has no more
ROUNDING = 1e-6  # in units of the standardised target: rounding of float32 sums in another order


def order_gap(network: Network, compounds: Compounds, seed: int) -> float:
    """The median over compounds of the median change of a prediction in other element orders.

    The unit is that of the standardised target; the gap is 0 for a network that does not read the
    order. Compounds of one element have no other order and are left out.
    """
    network.eval()

    def predict(inputs: Inputs) -> np.ndarray:
        return network(inputs)[0].double().cpu().numpy()

    gaps = order_gaps(predict, compounds, seed, FEW_ORDERS)
    known = gaps[np.isfinite(gaps)]
    gap = float(np.median(known)) if len(known) else 0.0
    return gap if gap > ROUNDING else 0.0


@torch.no_grad()
def order_gaps(predict: Predict, compounds: Compounds, seed: int, most: int) -> np.ndarray:
    """The median change of each prediction over other orders of its elements, (N,).

    Of several heads, the one that changes most counts.

    Args:
        predict: function that predicts in any unit; the gaps are in the same unit.
        compounds: compounds to test; the gap of a compound with one element is NaN.
        seed: seed for drawing orders if there are more than `most`.
        most: maximum number of orders of a compound beside its own.
    """
    gaps = np.full(compounds.size, np.nan)
    for batch in compounds.in_order(BATCH_SIZE):
        orders = other_orders(batch.inputs.elements, seed, most)
        if orders:
            straight = predict(batch.inputs)
            changes = np.abs(
                [predict(batch.inputs.reordered(order)) - straight for order in orders]
            )
            of_compounds = changes.reshape(*changes.shape[:2], -1).max(axis=2)
            gaps[batch.rows.cpu().numpy()] = np.median(of_compounds, axis=0)
    return gaps


def other_orders(n: int, seed: int, most: int) -> list[list[int]]:
    """Different orders of n elements without the present one: all, or `most` of them at random."""
    present = tuple(range(n))
    if math.factorial(n) - 1 <= most:
        return [list(order) for order in permutations(present) if order != present]
    rng = np.random.default_rng(sub_seed(seed, "element orders", n))
    drawn: dict[tuple[int, ...], None] = {}
    while len(drawn) < most:
        order = tuple(rng.permutation(n).tolist())
        if order != present:
            drawn[order] = None
    return [list(order) for order in drawn]
