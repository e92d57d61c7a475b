"""The results of the changes that the guided sampler proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.searching.error_guide import error_change
from fusionnas.searching.guide import actual_change, expected_change
from fusionnas.searching.records import TrialRecord

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class MoveRecord:
    """Changes of the deviation from parents to children."""

    expected: tuple[float, ...]  # expected changes of the deviation, one for each move
    actual: tuple[float, ...]

    @property
    def nearer(self) -> int:
        """Number of changes that brought the network nearer to the centre of the band."""
        return sum(change < 0 for change in self.actual)

    @property
    def words(self) -> str:
        """A sentence with the share and its 95% Wilson interval."""
        if not self.actual:
            return "No guided change has finished yet, so its effect on the deviation is not known."
        low, high = self.interval
        return (
            f"Guided changes brought the network nearer to the centre of the band in {self.nearer} "
            f"of {len(self.actual)} cases ({self.nearer / len(self.actual):.0%}, 95% interval "
            f"{low:.0%} to {high:.0%}). The deviation changed by {np.mean(self.actual):+.2f} on "
            f"average; {np.mean(self.expected):+.2f} was expected."
        )

    @property
    def interval(self) -> tuple[float, float]:
        from scipy.stats import binomtest

        found = binomtest(self.nearer, len(self.actual)).proportion_ci(LEVEL, method="wilson")
        return float(found.low), float(found.high)


def move_columns(record: TrialRecord, by_number: Mapping[int, TrialRecord]) -> dict[str, Any]:
    """The columns in trials.csv for a change of another trial's network; empty for other trials.

    `by_number` has all trials of the study.
    """
    if record.move is None:
        return {}
    return {
        "parent": record.move["parent"],
        "change": record.move["change"],
        "why": record.move["why"],
        "expected_deviation_change": expected_change(record.move),
        "actual_deviation_change": actual_change(record, by_number),
        "expected_error_change": record.move.get("expected_error_change"),
        "actual_error_change": error_change(record, by_number),
    }


def move_record(records: Sequence[TrialRecord]) -> MoveRecord | None:
    """The record of all guided proposals that finished; None if there is none."""
    by_number = {r.number: r for r in records}
    guided = [r for r in records if r.move and "expected_error_change" not in r.move]
    if not guided:
        return None
    changes = [(expected_change(r.move), actual_change(r, by_number)) for r in guided if r.move]
    told = [
        (expected, actual)
        for expected, actual in changes
        if expected is not None and actual is not None
    ]
    return MoveRecord(tuple(e for e, _ in told), tuple(a for _, a in told))
