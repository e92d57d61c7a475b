"""Which trials of a long study a sampler sees, so that the time of a proposal stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from fusionnas.searching.private_names import fronts

BEST, LATEST = 100, 1000  # numbers for a sampler of the first objective
# Numbers for samplers of all objectives, where each trial costs more time. TPE calls a tenth of the
# trials good, but at most 25, which is also their number among these.
FRONT_BEST, FRONT_LATEST = 50, 200


def kept(
    trials: Sequence[FrozenTrial],
    best: int,
    latest: int,
    ranked: Callable[[list[FrozenTrial]], list[FrozenTrial]],
) -> list[FrozenTrial]:
    """All trials of a short study; of a long one the best and the latest, in order."""
    if len(trials) <= best + latest:
        return list(trials)
    earlier = [one for one in trials[:-latest] if one.state == OptunaState.COMPLETE]
    good = sorted(ranked(earlier)[:best], key=lambda one: one.number)
    return good + list(trials[-latest:])


def by_first_value(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Sort by the first value, the lowest first."""
    return sorted(trials, key=lambda one: one.values[0])


def by_front(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Sort by fronts, and within a front by the first value."""
    if not trials:
        return []
    values = np.array([one.values for one in trials])
    ranks = fronts(values, at_least=FRONT_BEST)
    return [trials[place] for place in np.lexsort((values[:, 0], ranks))]
