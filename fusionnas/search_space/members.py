"""Every architecture that a search space can propose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from optuna.trial import BaseTrial

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.space import SearchSpace


class _Answers:
    """Answers a space's questions: those with a given place among the choices, then the first."""

    def __init__(self, places: Sequence[int]) -> None:
        self.given = list(places)
        self.places: list[int] = []
        self.sizes: list[int] = []

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        asked = len(self.places)
        self.places.append(self.given[asked] if asked < len(self.given) else 0)
        self.sizes.append(len(choices))
        return choices[self.places[-1]]

    def suggest_int(self, name: str, low: int, high: int, step: int = 1) -> int:
        return int(self.suggest_categorical(name, range(low, high + 1, step)))


def members(space: SearchSpace) -> Iterator[Architecture]:
    """Each architecture of a space once, in the order of its choices."""
    seen: set[str] = set()
    places: list[int] | None = []
    while places is not None:
        answers = _Answers(places)
        try:
            found = space.suggest(cast(BaseTrial, answers))
        except ArchitectureError:
            found = None
        if found is not None and identity(found) not in seen:
            seen.add(identity(found))
            yield found
        places = _following(answers)


def _following(answers: _Answers) -> list[int] | None:
    """The places of the next way through the questions, as a counter goes; None after the last."""
    places = answers.places
    while places and places[-1] + 1 == answers.sizes[len(places) - 1]:
        places = places[:-1]
    return [*places[:-1], places[-1] + 1] if places else None
