"""The knee of a Pareto front: the point beyond which one objective costs too much of the other.

Symbols: K points (K, 2) of two objectives to be minimised, sorted by the first objective.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RULE = (
    "knee of the Pareto front: the network farthest below the line between the front's ends, with "
    "validation error and {second} scaled to the front's range"
)


def knee(points: Sequence[tuple[float, float]], second: str = "CECV deviation") -> tuple[int, str]:
    """The index of the knee among the points of a front, and the rule that chose it, in words.

    Args:
        points: validation MAE and one other objective. Points of a front with three or more
            objectives may be dominated in these two; such points cannot be the knee.
        second: name of the other objective.

    Each objective is scaled to 0 to 1 over the front, so that its ends are (0, 1) and (1, 0). The
    knee is the point with the smallest sum (after Das, Struct. Optim. 18 (1999) 107). A front
    without a point below the line has no knee; the lowest first objective is then chosen.
    """
    places = _best_in_the_plane(points)
    front = np.array([points[place] for place in places], dtype=float)
    if len(front) == 1:
        return places[0], "the Pareto front holds this network alone, so it has no knee"
    if len(front) == 2:
        return places[
            0
        ], "the Pareto front holds two networks and no knee: the lower validation error"
    low, high = front.min(axis=0), front.max(axis=0)
    below = 1 - ((front - low) / (high - low)).sum(axis=1)  # √2 times the distance
    place = int(below.argmax())
    if below[place] < 1e-9:
        return places[0], "the Pareto front has no knee: the lowest validation error on it"
    return places[place], RULE.format(second=second)


def _best_in_the_plane(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points that no other point dominates, sorted by the first objective."""
    found: list[int] = []
    lowest = np.inf
    for place in sorted(range(len(points)), key=lambda i: points[i]):
        if points[place][1] < lowest:
            lowest = points[place][1]
            found.append(place)
    return found
