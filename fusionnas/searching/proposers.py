"""The proposers of the adaptive sampler, one row each.

A new row is a new proposer: the bandit, the tables, the report and MLflow read the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.error_guide import ErrorGuide
from fusionnas.searching.guide import Guide
from fusionnas.searching.off_record import draw
from fusionnas.searching.records import RANDOM, TrialRecord
from fusionnas.searching.samplers import GUIDED, make_sampler

CHANGE, MOTPE = "change", "motpe"
# draws from one proposer before another one is asked; a draw of TPE takes milliseconds
TPE_DRAWS, RANDOM_DRAWS = 4, 100


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of a study, as a proposer sees it."""

    study: optuna.Study
    space: SearchSpace
    guide: Guide
    error_guide: ErrorGuide
    records: Sequence[TrialRecord]
    tried: Container[str]  # identities of architectures that were proposed before
    misfit: Callable[[Architecture], str | None]  # the reason why one must not be proposed, or None
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class Proposed:
    """An untried architecture, and where it comes from."""

    architecture: Architecture
    move: dict[str, Any] | None = None  # the change that led to it, if it is a change


@dataclass(frozen=True, slots=True)
class Proposer:
    """A way to find the next architecture."""

    name: str  # the origin of its trials
    label: str  # label in sentences and tables
    rate: float  # expected win rate at the start of a study, about that of replays over the table
    propose: Callable[[Situation], Proposed | None]  # gives None if it has nothing new
    of_the_band: bool = False  # asked only if an objective depends on the band


def _by_guidance(now: Situation) -> Proposed | None:
    found = now.guide.propose(now.records, now.rng, now.tried, now.misfit)
    return None if found is None else Proposed(found[0], found[1].to_dict())


def _by_error(now: Situation) -> Proposed | None:
    found = now.error_guide.propose(now.records, now.rng, now.tried, now.misfit)
    return None if found is None else Proposed(found[0], found[1].to_dict())


def _drawing(sampler: str, draws: int) -> Callable[[Situation], Proposed | None]:
    """Draw from an Optuna sampler until a draw is new; each repetition widens the choice."""

    def propose(now: Situation) -> Proposed | None:
        seed = int(now.rng.integers(2**31))
        for attempt in range(draws):
            try:
                found = draw(now.study, make_sampler(sampler, seed, attempt, attempt), now.space)
            except ArchitectureError:
                continue
            if identity(found) not in now.tried and now.misfit(found) is None:
                return Proposed(found)
        return None

    return propose


PROPOSERS: dict[str, Proposer] = {
    row.name: row
    for row in (
        Proposer(GUIDED, "change by guidance", 0.25, _by_guidance, of_the_band=True),
        Proposer(CHANGE, "change by error", 0.25, _by_error),
        Proposer(MOTPE, "TPE on all objectives", 0.1, _drawing(MOTPE, TPE_DRAWS)),
        Proposer(RANDOM, "random", 0.05, _drawing(RANDOM, RANDOM_DRAWS)),
    )
}
