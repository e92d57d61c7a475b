"""The guided sampler's choice of a change (Du et al.'s step 6 as an algorithm).

A parent is drawn from the front, the one with the lowest MAE most often. Its guidance says whether
it looks at single elements too much (positive) or at the whole formula (negative). Of the mutations
that its space offers and that were not tried, one is chosen that should bring the guidance to the
centre of the band. What a mutation does is learned (`fusionnas.searching.effects`), and drawn from
what is believed of it (Thompson sampling), so that little-known mutations are tried too.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.cecv.guidance import tendency
from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.mutations import Mutation, mutations
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.effects import Effects
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.selection import front

# Of the proposals after the random design. Mutations stay near the front; TPE looks everywhere,
# and follows the error alone.
TPE_SHARE = 1 / 3
LATEST = 1000  # finished trials that pairs are looked for in

_REMEDY = {"too local": "strengthen the global part", "too global": "strengthen the local part",
           "in the band": "look beside it"}  # fmt: skip


def signed_guidance(record: TrialRecord) -> float | None:
    """The mean guidance of a finished trial over the thresholds that count; None without a band."""
    kept = [value for value in record.metrics.get("guidance") or () if value is not None]
    return float(np.mean(kept)) if record.state == "done" and kept else None


@dataclass(frozen=True, slots=True)
class Move:
    """A change that was proposed, and why."""

    parent: int  # number of its trial
    change: str  # kind of the mutation
    why: str
    guidance: float  # of the parent
    expected: float  # change of the guidance
    pairs: int  # that this expectation had seen

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Guide:
    """Proposes changes; remembers what it has read of a study."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._names: dict[int, str] = {}  # identity of each trial's network, by number
        self._neighbours: dict[str, list[Mutation]] = {}  # by identity

    def propose(
        self,
        records: Sequence[TrialRecord],
        rng: np.random.Generator,
        tried: Container[str],
        misfit: Callable[[Architecture], str | None] = lambda architecture: None,
    ) -> tuple[Architecture, Move] | None:
        """A changed network and what it comes from; None where there is nothing to go by.

        Args:
            records: of the study's trials.
            rng: decides.
            tried: identities of architectures that were proposed before.
            misfit: why an architecture must not be proposed, or None.
        """
        guidances = {r.number: signed_guidance(r) for r in records if r.state == "done"}
        effects = self.effects(records)
        for parent in _drawn([r for r in front(records) if guidances[r.number] is not None], rng):
            guidance = guidances[parent.number]
            assert guidance is not None
            offered = [m for m in self._mutations(parent) if m.identity not in tried]
            believed = [effects.of(m.kind, m.prior) for m in offered]
            drawn = [rng.normal(effect.mean, effect.deviation) for effect in believed]
            for place in np.argsort(np.abs(np.array(drawn) + guidance), kind="stable"):
                mutation, effect = offered[place], believed[place]
                if misfit(mutation.child) is None:
                    state = tendency(guidance)
                    why = f"trial {parent.number} is {state} ({guidance:+.2f}): {_REMEDY[state]}"
                    return mutation.child, Move(
                        parent.number, mutation.kind, why, guidance, effect.mean, effect.pairs
                    )
        return None

    def effects(self, records: Sequence[TrialRecord]) -> Effects:
        """What the pairs of finished trials that differ by one mutation say."""
        found = Effects()
        known: dict[str, tuple[TrialRecord, float]] = {}
        for record in [r for r in records if r.state == "done"][-LATEST:]:
            guidance = signed_guidance(record)
            if guidance is not None:
                known[self._name(record)] = record, guidance
        for record, guidance in known.values():
            for mutation in self._mutations(record):
                if mutation.identity in known:
                    found.add(mutation.kind, known[mutation.identity][1] - guidance)
        return found

    def _mutations(self, record: TrialRecord) -> list[Mutation]:
        name = self._name(record)
        if name not in self._neighbours:
            architecture = Architecture.from_dict(record.architecture)
            try:
                self._neighbours[name] = mutations(self.space, architecture)
            except ArchitectureError:  # of another space, carried over
                self._neighbours[name] = []
        return self._neighbours[name]

    def _name(self, record: TrialRecord) -> str:
        if record.number not in self._names:
            self._names[record.number] = identity(Architecture.from_dict(record.architecture))
        return self._names[record.number]


def _drawn(ranked: Sequence[TrialRecord], rng: np.random.Generator) -> list[TrialRecord]:
    """The front in a random order; each rank comes first half as often as the one before it."""
    if not ranked:
        return []
    weights = 0.5 ** np.arange(len(ranked))
    keys = rng.exponential(size=len(ranked)) / weights  # the smallest is drawn by weight
    return [ranked[place] for place in np.argsort(keys, kind="stable")]


def actual_change(record: TrialRecord, by_number: Mapping[int, TrialRecord]) -> float | None:
    """How the guidance of a guided trial differs from its parent's; None until it is known."""
    if record.move is None or record.move["parent"] not in by_number:
        return None
    child = signed_guidance(record)
    parent = signed_guidance(by_number[record.move["parent"]])
    return None if child is None or parent is None else child - parent
