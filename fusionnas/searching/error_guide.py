"""Changes of good networks, chosen by what that kind of change has done to the error.

A parent is drawn from the trials with the lowest validation MAE, the lowest most often. (The front
of both objectives is short, and searches that changed its networks alone were caught in places that
no single change improves.) Of the mutations that were not tried, the one is taken whose effect on
the error, drawn from what is believed of it (Thompson sampling), is the best.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.networks.architecture import Architecture
from fusionnas.searching.effects import Effects
from fusionnas.searching.error_effects import Experience
from fusionnas.searching.guide import drawn
from fusionnas.searching.neighbourhood import Neighbourhood
from fusionnas.searching.records import TrialRecord

PARENTS = 20  # trials that a parent is drawn from


@dataclass(frozen=True, slots=True)
class ErrorMove:
    """A change that was proposed for the sake of the error."""

    parent: int  # number of its trial
    change: str  # kind of the mutation
    why: str
    expected_error_change: float  # of the validation MAE, as a share
    pairs: int  # of this study that the expectation had seen

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class ErrorGuide:
    """Proposes changes; adds up the pairs of a study as its trials end."""

    def __init__(self, neighbourhood: Neighbourhood, experience: Experience) -> None:
        self.neighbourhood = neighbourhood
        self.experience = experience
        self.effects = Effects(1, experience.spread)  # of ln(validation MAE)
        self._errors: dict[str, float] = {}  # ln(validation MAE) by identity
        # by the identity of a child: what networks of the study it can be made of, by what change
        self._parents: dict[str, list[tuple[str, str]]] = {}
        self._read: set[int] = set()  # numbers of the trials in it

    def propose(
        self,
        records: Sequence[TrialRecord],
        rng: np.random.Generator,
        tried: Container[str],
        misfit: Callable[[Architecture], str | None],
    ) -> tuple[Architecture, ErrorMove] | None:
        """A changed network and what it comes from; None where nothing is left to change."""
        self._learn(records)
        good = sorted((r for r in records if r.usable), key=lambda r: (r.values[0], r.number))
        for parent in drawn(good[:PARENTS], rng):
            offered = [m for m in self.neighbourhood.mutations(parent) if m.identity not in tried]
            if not offered:
                continue
            means = self.experience.means
            believed = [self.effects.of(m.kind, means.get(m.kind, 0.0)) for m in offered]
            for place in np.argsort(self.effects.draw(believed, rng)[:, 0], kind="stable"):
                mutation, effect = offered[place], believed[place]
                if misfit(mutation.child) is None:
                    expected = float(np.expm1(effect.mean[0]))
                    why = (
                        f"trial {parent.number} has a validation MAE of "
                        f"{parent.metrics['val_mae']:.4g}, and this change is expected to change "
                        f"it by {expected:+.1%}"
                    )
                    return mutation.child, ErrorMove(
                        parent.number, mutation.kind, why, expected, effect.pairs
                    )
        return None

    def _learn(self, records: Sequence[TrialRecord]) -> None:
        """Add the pairs that trials which ended meanwhile make with those before them."""
        for record in records:
            if record.number in self._read or not record.usable or not record.metrics["val_mae"]:
                continue  # of an error of exactly 0 there is no logarithm
            self._read.add(record.number)
            name = self.neighbourhood.name(record)
            error = self._errors[name] = float(np.log(record.metrics["val_mae"]))
            for parent, kind in self._parents.get(name, ()):
                self._add(kind, error - self._errors[parent])
            for mutation in self.neighbourhood.mutations(record):
                if mutation.identity in self._errors:
                    self._add(mutation.kind, self._errors[mutation.identity] - error)
                self._parents.setdefault(mutation.identity, []).append((name, mutation.kind))

    def _add(self, kind: str, change: float) -> None:
        self.effects.add(kind, np.array([change]))


def error_change(record: TrialRecord, by_number: Mapping[int, TrialRecord]) -> float | None:
    """How a trial's validation MAE differs from its parent's, as a share; None until known."""
    parent = by_number.get(record.move["parent"]) if record.move is not None else None
    if parent is None or not (record.usable and parent.usable and parent.metrics["val_mae"]):
        return None
    return float(record.metrics["val_mae"] / parent.metrics["val_mae"] - 1)
