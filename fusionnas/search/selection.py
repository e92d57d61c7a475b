"""Which networks a study found: the Pareto front, and the one to recommend."""

from __future__ import annotations

from collections.abc import Sequence

from fusionnas.search.study import TrialRecord


def front(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Trials that no other beats in both objectives, by rising MAE.

    Collapsed networks never stand on it: a network that learned nothing can have any deviation.
    """
    usable = [r for r in records if r.state == "done" and not r.metrics.get("collapsed")]
    usable.sort(key=lambda r: (r.values, r.number))
    found: list[TrialRecord] = []
    for record in usable:
        if not found or record.values[1] < found[-1].values[1]:
            found.append(record)
    return found


def recommended(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The lowest validation MAE on the front: a misleading band costs trials, never the result."""
    best = front(records)
    return best[0] if best else None
