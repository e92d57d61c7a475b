"""One count of trials with one name."""

from __future__ import annotations

from typing import Any

from fusionnas.searching.records import TrialRecord
from fusionnas.searching.trial_counts import count, counts_of
from fusionnas.searching.trial_result import TrialState


def record(number: int, state: TrialState, collapsed: bool = False, **more: Any) -> TrialRecord:
    metrics = {"collapsed": collapsed} if state == TrialState.DONE else {}
    given = {"origin": "random", **more}
    return TrialRecord(number, number, state, architecture={}, line="", values=(),
                       metrics=metrics, **given)  # fmt: skip


def test_collapsed_failed_and_uncounted_trials_are_told() -> None:
    states = [TrialState.DONE] * 3 + [TrialState.FAILED, TrialState.DUPLICATE]
    records = [record(n, state, collapsed=n == 0) for n, state in enumerate(states)]
    records.append(record(9, TrialState.DONE, origin="carried:other"))
    found = count(records)
    assert (found.counted, found.done, found.collapsed, found.usable) == (4, 4, 1, 3)
    assert found.words == (
        "4 trials: 4 done (1 of them collapsed), 1 failed; not counted: 1 duplicate"
    )


def test_a_summary_keeps_them_also_one_of_an_earlier_version() -> None:
    found = count([record(0, TrialState.DONE), record(1, TrialState.INTERRUPTED)])
    assert counts_of({"trial_counts": found.to_dict()}) == found
    assert counts_of({"trials": found.by_state}).counted == 1
