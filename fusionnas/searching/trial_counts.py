"""The number of trials of a study: one count with one name for all its uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fusionnas.searching.trial_result import UNCOUNTED, TrialState

if TYPE_CHECKING:
    from fusionnas.searching.records import TrialRecord

_ORDER = list(TrialState)


@dataclass(frozen=True, slots=True)
class TrialCounts:
    """The trials of a study."""

    by_state: Mapping[str, int]  # all trials, including duplicates and interrupted ones
    counted: int  # those that count towards `--trials`: a worker of this study had them
    collapsed: int  # done trials whose network learned nothing

    @property
    def done(self) -> int:
        """Number of trials that were trained to their end."""
        return self.by_state.get(TrialState.DONE, 0)

    @property
    def usable(self) -> int:
        """Number of done trials that did not collapse; errors and pictures use these."""
        return self.done - self.collapsed

    @property
    def words(self) -> str:
        """Such as `7 trials: 5 done (1 of them collapsed), 2 failed; not counted: 1 duplicate`."""
        states = sorted(self.by_state, key=_place)
        told = [self._told(state) for state in states if state not in UNCOUNTED]
        beside = [self._told(state) for state in states if state in UNCOUNTED]
        words = f"{self.counted} trial{'' if self.counted == 1 else 's'}"
        if told:
            words += f": {', '.join(told)}"
        return f"{words}; not counted: {', '.join(beside)}" if beside else words

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for summary.json."""
        return asdict(self)

    def _told(self, state: str) -> str:
        text = f"{self.by_state[state]} {state}"
        if state == TrialState.DONE and self.collapsed:
            text += f" ({self.collapsed} of them collapsed)"
        return text


def count(records: Iterable[TrialRecord]) -> TrialCounts:
    """Count these records."""
    rows = list(records)
    done = [r for r in rows if r.state == TrialState.DONE]
    return TrialCounts(
        dict(Counter(str(r.state) for r in rows)),
        sum(r.counts for r in rows),
        sum(not r.usable for r in done),
    )


def counts_of(summary: Mapping[str, Any]) -> TrialCounts:
    """The counts in a summary; a summary of version 0.1 does not say which trials collapsed."""
    if "trial_counts" in summary:
        return TrialCounts(**summary["trial_counts"])
    by_state = dict(summary["trials"])
    return TrialCounts(by_state, sum(n for s, n in by_state.items() if s not in UNCOUNTED), 0)


def _place(state: str) -> int:
    return _ORDER.index(TrialState(state)) if state in set(_ORDER) else len(_ORDER)
