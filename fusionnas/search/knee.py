"""The knee of a Pareto front: where a little more of one objective stops buying much of the other.

Symbols: K points (K, 2) of two objectives that are minimised, by rising first objective.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RULE = (
    "knee of the Pareto front: the network farthest below the line between the front's ends, with "
    "validation MAE and CECV deviation scaled to the front's range"
)


def knee(points: Sequence[tuple[float, float]]) -> tuple[int, str]:
    """The place of the knee among the points of a front, and the rule that chose it, in words.

    Each objective is scaled to 0 to 1 over the front, so that its ends are (0, 1) and (1, 0), and
    the knee is the point with the smallest sum (after Das, Struct. Optim. 18 (1999) 107). A front
    without a point below the line has none; its lowest first objective is taken.
    """
    front = np.array(points, dtype=float)
    if len(front) == 1:
        return 0, "the Pareto front holds this network alone, so it has no knee"
    if len(front) == 2:
        return 0, "the Pareto front holds two networks and no knee: the lower validation MAE"
    low, high = front.min(axis=0), front.max(axis=0)
    below = 1 - ((front - low) / (high - low)).sum(axis=1)  # √2 times the distance
    place = int(below.argmax())
    if below[place] < 1e-9:
        return 0, "the Pareto front has no knee: the lowest validation MAE on it"
    return place, RULE
