"""Which networks a study recommends: the Pareto front, and one network on it."""

from __future__ import annotations

from collections.abc import Sequence

from fusionnas.searching.records import TrialRecord

LOWEST = "lowest validation error on the Pareto front"  # how `recommended` chooses, in words


def front(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Trials that no other trial beats or equals in all objectives, by rising MAE.

    Collapsed networks are never on it: a network that learned nothing can have any deviation.
    """
    usable = [r for r in records if r.usable]
    usable.sort(key=lambda r: (r.values, r.number))
    found: list[TrialRecord] = []
    for record in usable:
        # a trial that beats it has no higher MAE, and so comes first
        if not any(_covers(other.values, record.values) for other in found):
            found.append(record)
    return found


def recommended(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The lowest error on the front, so that a misleading band cannot spoil the result."""
    best = front(records)
    return best[0] if best else None


def _covers(values: Sequence[float], others: Sequence[float]) -> bool:
    """Whether no value is worse."""
    return all(a <= b for a, b in zip(values, others, strict=True))
