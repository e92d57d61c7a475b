"""How many trials each proposer of the adaptive sampler proposed, and how many of them won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fusionnas.searching.bandit import proposer_outcomes
from fusionnas.searching.proposers import PROPOSERS
from fusionnas.searching.records import TrialRecord


@dataclass(frozen=True, slots=True)
class Earning:
    """The record of one proposer in one study."""

    name: str
    label: str
    given: int  # its proposals whose trials have ended
    won: int  # those of them that improved the front or the lowest error

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def earnings(records: Sequence[TrialRecord]) -> list[Earning]:
    """One row for each proposer that was asked, in the order of the registry."""
    asked = proposer_outcomes(records)
    found = []
    for name, row in PROPOSERS.items():
        own = [won for proposer, won in asked if proposer == name]
        if own:
            found.append(Earning(name, row.label, len(own), sum(own)))
    return found


def earning_words(found: Sequence[Earning]) -> str:
    """One sentence about the wins; empty if no proposer was asked."""
    if not found:
        return ""
    parts = ", ".join(f"{one.label} {one.won} of {one.given}" for one in found)
    return f"Proposals that improved the front or the lowest error: {parts}."


def earning_columns(record: TrialRecord, wins: set[int]) -> dict[str, Any]:
    """The columns in trials.csv for a proposal of the adaptive sampler; empty for other trials."""
    if record.proposer is None:
        return {}
    return {"proposer": record.proposer, "improved": record.number in wins}
