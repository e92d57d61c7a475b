"""Which trials of a long study samplers see, so that a proposal never takes longer and longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from fusionnas.searching.private_names import fronts

BEST, LATEST = 100, 1000  # that a sampler of the first objective sees
# of all objectives, where a trial costs a proposal more. TPE calls a tenth of the trials good but
# no more than 25, which is all that it has of these
FRONT_BEST, FRONT_LATEST = 50, 200


def kept(
    trials: Sequence[FrozenTrial],
    best: int,
    latest: int,
    ranked: Callable[[list[FrozenTrial]], list[FrozenTrial]],
) -> list[FrozenTrial]:
    """All of a short study; of a long one the best and the latest, in order."""
    if len(trials) <= best + latest:
        return list(trials)
    earlier = [one for one in trials[:-latest] if one.state == OptunaState.COMPLETE]
    good = sorted(ranked(earlier)[:best], key=lambda one: one.number)
    return good + list(trials[-latest:])


def by_first_value(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """The lowest first value first."""
    return sorted(trials, key=lambda one: one.values[0])


def by_front(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Front after front, each by rising first value."""
    if not trials:
        return []
    values = np.array([one.values for one in trials])
    ranks = fronts(values, at_least=FRONT_BEST)
    return [trials[place] for place in np.lexsort((values[:, 0], ranks))]
