"""Changes good networks, chosen by the effect of this kind of change on the error.

A parent is drawn from the trials with the lowest validation MAE, the lowest one most often. (The
front of both objectives is short. Searches that changed only its networks got stuck where no single
change improves.) Among the untried mutations, the one with the best effect on the error is chosen.
The effects are drawn from their estimated distributions (Thompson sampling).
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

PARENTS = 20  # number of best trials from which a parent is drawn


@dataclass(frozen=True, slots=True)
class ErrorMove:
    """A change that was proposed to lower the error."""

    parent: int  # number of the parent's trial
    change: str  # kind of the mutation
    why: str
    expected_error_change: float  # relative change of the validation MAE
    pairs: int  # pairs of this study behind the expectation

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class ErrorGuide:
    """Proposes changes; collects the pairs of a study as its trials end."""

    def __init__(self, neighbourhood: Neighbourhood, experience: Experience) -> None:
        self.neighbourhood = neighbourhood
        self.experience = experience
        self.effects = Effects(1, experience.spread)  # of ln(validation MAE)
        self._errors: dict[str, float] = {}  # ln(validation MAE) by identity
        # for the identity of a child: the networks of the study that lead to it, and by which
        # change
        self._parents: dict[str, list[tuple[str, str]]] = {}
        self._read: set[int] = set()  # numbers of the trials that were added

    def propose(
        self,
        records: Sequence[TrialRecord],
        rng: np.random.Generator,
        tried: Container[str],
        misfit: Callable[[Architecture], str | None],
    ) -> tuple[Architecture, ErrorMove] | None:
        """A changed network and its parent; None if nothing is left to change."""
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
                        f"trial {parent.number} has a validation error of "
                        f"{parent.values[0]:.4g}, and this change is expected to change "
                        f"it by {expected:+.1%}"
                    )
                    return mutation.child, ErrorMove(
                        parent.number, mutation.kind, why, expected, effect.pairs
                    )
        return None

    def _learn(self, records: Sequence[TrialRecord]) -> None:
        """Add the pairs that newly ended trials form with the trials before them."""
        for record in records:
            if record.number in self._read or not record.usable or not record.values[0]:
                continue  # an error of exactly 0 has no logarithm
            self._read.add(record.number)
            name = self.neighbourhood.name(record)
            error = self._errors[name] = float(np.log(record.values[0]))
            for parent, kind in self._parents.get(name, ()):
                self._add(kind, error - self._errors[parent])
            for mutation in self.neighbourhood.mutations(record):
                if mutation.identity in self._errors:
                    self._add(mutation.kind, self._errors[mutation.identity] - error)
                self._parents.setdefault(mutation.identity, []).append((name, mutation.kind))

    def _add(self, kind: str, change: float) -> None:
        self.effects.add(kind, np.array([change]))


def error_change(record: TrialRecord, by_number: Mapping[int, TrialRecord]) -> float | None:
    """Relative change of a trial's validation error from its parent's; None until it is known."""
    parent = by_number.get(record.move["parent"]) if record.move is not None else None
    if parent is None or not (record.usable and parent.usable and parent.values[0]):
        return None
    return float(record.values[0] / parent.values[0] - 1)
