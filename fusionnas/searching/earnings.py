"""What each proposer of the adaptive sampler was given, and what it won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fusionnas.searching.bandit import told
from fusionnas.searching.proposers import PROPOSERS
from fusionnas.searching.records import TrialRecord


@dataclass(frozen=True, slots=True)
class Earning:
    """Of one proposer in one study."""

    name: str
    label: str
    given: int  # trials that it proposed and that have ended
    won: int  # of them, those that improved the front or the lowest error

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def earnings(records: Sequence[TrialRecord]) -> list[Earning]:
    """A row a proposer that was asked, in the order of the rows; none where none was."""
    asked = told(records)
    found = []
    for name, row in PROPOSERS.items():
        own = [won for proposer, won in asked if proposer == name]
        if own:
            found.append(Earning(name, row.label, len(own), sum(own)))
    return found


def earning_words(found: Sequence[Earning]) -> str:
    """One sentence; nothing where no proposer was asked."""
    if not found:
        return ""
    parts = ", ".join(f"{one.label} {one.won} of {one.given}" for one in found)
    return f"Proposals that improved the front or the lowest error: {parts}."


def earning_columns(record: TrialRecord, wins: set[int]) -> dict[str, Any]:
    """What trials.csv says of a proposal of the adaptive sampler; nothing of others."""
    if record.proposer is None:
        return {}
    return {"proposer": record.proposer, "improved": record.number in wins}
