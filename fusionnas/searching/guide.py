"""The guided sampler's choice of a change (step 6 of Du et al. as an algorithm).

A parent is drawn from the front, most often the one with the lowest MAE. Its guidance says at which
thresholds it depends too much on single elements (positive) or on the whole formula (negative).
Among the untried mutations of the search space, the chosen one should give the child nearest to the
centre of the band. This distance is computed at each threshold and averaged; it is the objective.
(The mean of the signed guidance would be misleading: a network that is too local at some thresholds
and too global at others would seem to lie in the centre.) The effects of mutations are learned
(`fusionnas.searching.effects`) and drawn from their estimated distributions (Thompson sampling), so
that little-known mutations are tried too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.cecv.guidance import tendency
from fusionnas.networks.architecture import Architecture
from fusionnas.searching.effects import Effects
from fusionnas.searching.neighbourhood import Neighbourhood
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.selection import front
from fusionnas.searching.trial_result import TrialState

# share of TPE among the proposals after the random ones. Mutations stay near the front; TPE
# explores the whole space and uses the error alone.
TPE_SHARE = 1 / 3
# The expected effect of a change on the guidance before any pair was seen. Its sign follows the
# paper's reasoning, its size is a quarter of the way between the references. If all eight
# thresholds count, the global reference lies on average a quarter of the gap below the centre of
# the band (w, which rises from 0 to 0.5), and the local one three quarters above it (1 - w).
PRIOR_CHANGE = 0.25
PRIOR_SPREAD = 0.3  # standard deviation of a single pair's change, used until there are pairs
LATEST = 1000  # pairs are looked for in so many of the latest finished trials

_REMEDY = {"too local": "strengthen the global part", "too global": "strengthen the local part"}


def guidance_of(record: TrialRecord) -> np.ndarray | None:
    """The guidance of a finished trial at the thresholds that count, (K,); None without a band."""
    kept = [value for value in record.metrics.get("guidance") or () if value is not None]
    return np.array(kept) if record.state == TrialState.DONE and kept else None


def distance(guidance: np.ndarray) -> np.ndarray:
    """Distance from the centre of the band, over the last axis: the deviation of the network."""
    return np.abs(guidance).mean(axis=-1)


@dataclass(frozen=True, slots=True)
class Move:
    """A change that was proposed, and the reason for it."""

    parent: int  # number of the parent's trial
    change: str  # kind of the mutation
    why: str
    deviation: float  # deviation of the parent
    expected_deviation: float  # expected deviation of the child
    pairs: int  # number of pairs behind this expectation

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Guide:
    """Proposes changes of networks on the front."""

    def __init__(self, neighbourhood: Neighbourhood) -> None:
        self.neighbourhood = neighbourhood

    def propose(
        self,
        records: Sequence[TrialRecord],
        rng: np.random.Generator,
        tried: Container[str],
        misfit: Callable[[Architecture], str | None] = lambda architecture: None,
    ) -> tuple[Architecture, Move] | None:
        """A changed network and its parent; None if there is nothing to change.

        Args:
            records: records of the study's trials.
            rng: random generator that decides.
            tried: identities of architectures that were proposed before.
            misfit: function that gives the reason why an architecture must not be proposed, or
                None.
        """
        known = {r.number: found for r in records if (found := guidance_of(r)) is not None}
        parents = [r for r in front(records) if r.number in known]
        effects = self.effects(records) if parents else None
        for parent in drawn(parents, rng):
            assert effects is not None
            guidance = known[parent.number]
            offered = [m for m in self.neighbourhood.mutations(parent) if m.identity not in tried]
            if not offered:
                continue
            believed = [effects.of(m.kind, PRIOR_CHANGE * m.prior) for m in offered]
            children = guidance + effects.draw(believed, rng)
            for place in np.argsort(distance(children), kind="stable"):
                mutation, effect = offered[place], believed[place]
                if misfit(mutation.child) is None:
                    expected = float(distance(guidance + effect.mean))
                    return mutation.child, Move(
                        parent.number,
                        mutation.kind,
                        _why(parent.number, guidance),
                        float(distance(guidance)),
                        expected,
                        effect.pairs,
                    )
        return None

    def effects(self, records: Sequence[TrialRecord]) -> Effects:
        """The effects in pairs of finished trials that differ by one mutation.

        Raises:
            ValueError: none of the trials has a guidance.
        """
        known: dict[str, tuple[TrialRecord, np.ndarray]] = {}
        for record in [r for r in records if r.state == TrialState.DONE][-LATEST:]:
            guidance = guidance_of(record)
            if guidance is not None:
                known[self.neighbourhood.name(record)] = record, guidance
        if not known:
            raise ValueError("There must be a trial with a guidance.")
        found = Effects(len(next(iter(known.values()))[1]), PRIOR_SPREAD)
        for record, guidance in known.values():
            for mutation in self.neighbourhood.mutations(record):
                if mutation.identity in known:
                    found.add(mutation.kind, known[mutation.identity][1] - guidance)
        return found


def drawn(ranked: Sequence[TrialRecord], rng: np.random.Generator) -> list[TrialRecord]:
    """Records in a random order; each rank is drawn first half as often as the rank before it."""
    if not ranked:
        return []
    weights = 0.5 ** np.arange(len(ranked))
    keys = rng.exponential(size=len(ranked)) / weights  # weighted draw: smallest first
    return [ranked[place] for place in np.argsort(keys, kind="stable")]


def _why(number: int, guidance: np.ndarray) -> str:
    """Where a parent lies; if it is off to one side, what the paper's reasoning suggests."""
    states = Counter(tendency(float(value)) for value in guidance)
    found = [
        f"{state} at {states[state]} of {len(guidance)} thresholds"
        for state in ("too local", "too global", "in the band")
        if states[state]
    ]
    off = [remedy for state, remedy in _REMEDY.items() if states[state]]
    remedy = off[0] if len(off) == 1 else "bring both sides nearer" if off else "look beside it"
    return (
        f"trial {number} is {distance(guidance):.2f} from the centre of the band "
        f"({', '.join(found)}): {remedy}"
    )


def actual_change(record: TrialRecord, by_number: Mapping[int, TrialRecord]) -> float | None:
    """Change of a guided trial's deviation from its parent's; None until it is known."""
    if record.move is None or record.move["parent"] not in by_number:
        return None
    child = guidance_of(record)
    parent = guidance_of(by_number[record.move["parent"]])
    return None if child is None or parent is None else float(distance(child) - distance(parent))


def expected_change(move: Mapping[str, Any]) -> float | None:
    """Expected change of the deviation; None for a move of an earlier version (mean guidance)."""
    if "expected_deviation" not in move:
        return None
    return float(move["expected_deviation"] - move["deviation"])
