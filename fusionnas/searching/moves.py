"""What became of the changes that the guided sampler proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fusionnas.searching.guide import actual_change
from fusionnas.searching.records import TrialRecord

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class SignRecord:
    """How often the guidance moved to the side that was expected."""

    right: int
    moves: int  # whose expected and actual change are both known and not zero

    @property
    def words(self) -> str:
        """With the 95% Wilson interval of the share."""
        if not self.moves:
            return "No guided change has told yet whether its expected sign was right."
        low, high = self.interval
        return (
            f"The guidance moved to the expected side in {self.right} of {self.moves} guided "
            f"changes ({self.right / self.moves:.0%}, 95% interval {low:.0%} to {high:.0%}; "
            "chance is 50%)."
        )

    @property
    def interval(self) -> tuple[float, float]:
        from scipy.stats import binomtest

        found = binomtest(self.right, self.moves).proportion_ci(LEVEL, method="wilson")
        return float(found.low), float(found.high)


def move_columns(record: TrialRecord, records: Sequence[TrialRecord]) -> dict[str, Any]:
    """What trials.csv says of a guided proposal; nothing of others."""
    if record.move is None:
        return {}
    actual = actual_change(record, {r.number: r for r in records})
    return {
        "parent": record.move["parent"],
        "change": record.move["change"],
        "why": record.move["why"],
        "expected_change": record.move["expected"],
        "actual_change": actual,
    }


def sign_record(records: Sequence[TrialRecord]) -> SignRecord | None:
    """Over all guided proposals that finished; None where there was none."""
    by_number = {r.number: r for r in records}
    guided = [r for r in records if r.move is not None]
    signs = [(r.move["expected"], actual_change(r, by_number)) for r in guided if r.move]
    told = [(expected, actual) for expected, actual in signs if expected and actual]
    if not guided:
        return None
    return SignRecord(sum((e > 0) == (a > 0) for e, a in told), len(told))
