"""A study while its search runs, as a source for views of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fusionnas.errors import StudyError
from fusionnas.searching.records import TrialRecord, records_of
from fusionnas.searching.selection import recommended
from fusionnas.searching.trial_counts import count
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.summary import trials_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class RunningStudy(FinishedStudy):
    """The trials of a study at one moment; parts that exist only at the end raise StudyError."""

    @cached_property
    def records(self) -> Sequence[TrialRecord]:
        """Its trials so far; empty if it has just begun."""
        try:
            return records_of(self.folder.open_study())
        except StudyError:
            return []

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The facts so far: name, unit, counts, and the best network, as `chosen`."""
        best = recommended(self.records)
        facts = self.folder.facts
        return {
            "name": self.folder.name,
            "unit": facts["data"]["unit"],
            "trials": count(self.records).by_state,
            "chosen": {"number": -1 if best is None else best.number},
        }

    @cached_property
    def _trials(self) -> pd.DataFrame:
        return trials_table(self.records)
