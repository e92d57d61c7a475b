"""Mutations: single changes of an architecture that stay within its search space.

They come from the choices that the space asks for, so every open choice of a space can change, also
those of new components and parameters. A mutation changes one choice. A new component keeps the
parameters that the old one had too, and has the first value of all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture, Value
from fusionnas.networks.canonical import canonical, identity
from fusionnas.networks.components.registry import lookup
from fusionnas.search_space.space import SearchSpace

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

NONE_KIND = "none"
MORE_GLOBAL, MORE_LOCAL = -1, 1  # signs of the guidance
# the paper's results for choices that belong to no family: its L-G-DCNN-V1 (Figure 3) has fewer
# clusters than L-G-DCNN at all thresholds, its Model 2 (Figure 7) has more
_PUBLISHED = {"fusion skip": MORE_GLOBAL, "pooling max": MORE_GLOBAL, "post up": MORE_LOCAL}
_PLACE = re.compile(r"(global|local)\d+")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of an architecture."""

    kind: str  # what is changed and how, for people; effects are learned for each kind
    prior: int  # the expected sign of the change of the guidance; 0 if it is unknown
    child: Architecture  # canonical
    identity: str  # of the child


def mutations(space: SearchSpace, architecture: Architecture) -> list[Mutation]:
    """All architectures of the space that are one change away, each once, in a fixed order.

    Raises:
        NotInSpace: the space cannot propose the architecture itself.
    """
    found: dict[str, Mutation] = {}
    own = identity(architecture)
    for kind, prior, child in _changes(space, architecture):
        name = identity(child)
        if name != own:
            found.setdefault(name, Mutation(kind, prior, child, name))
    return list(found.values())


def opposite(kind: str) -> str:
    """The kind of the change that takes a mutation of this kind back."""
    for one, other in (("add ", "remove "), ("remove ", "add ")):
        if kind.startswith(one):
            return other + kind.removeprefix(one)
    for one, other in ((" up", " down"), (" down", " up")):
        if kind.endswith(one):
            return kind.removesuffix(one) + other
    before, _, new = kind.rpartition(" to ")
    subject, _, old = before.rpartition(" ")
    return f"{subject} {new} to {old}"


def _changes(space: SearchSpace, a: Architecture) -> Iterator[tuple[str, int, Architecture]]:
    given = space.parameters_of(a)
    asked = _Questions(given)
    space.suggest(cast("BaseTrial", asked))
    for name, question in asked.asked.items():
        if name == "stages":
            yield from _removals(space, a)
            yield from _additions(space, given, str(question.answer), question.choices)
            continue
        for value in question.alternatives():
            questions = _Questions(given | {name: value}, _successors(name, given, value))
            try:
                child = space.suggest(cast("BaseTrial", questions))
            except ArchitectureError:  # no network can have these parameters together
                continue
            yield *_named(name, question.answer, value), child


def _removals(space: SearchSpace, a: Architecture) -> Iterator[tuple[str, int, Architecture]]:
    for family, stages in (("global", a.global_stages), ("local", a.local_stages)):
        for place, stage in enumerate(stages):
            left = stages[:place] + stages[place + 1 :]
            try:
                child = canonical(
                    replace(a, name="", global_stages=left)
                    if family == "global"
                    else replace(a, name="", local_stages=left)
                )
                space.parameters_of(child)
            except ArchitectureError:
                continue
            yield f"remove {family} {stage.component.kind}", -_sign_of(family), child


def _additions(
    space: SearchSpace, given: Mapping[str, Value], shape: str, shapes: Sequence[Any]
) -> Iterator[tuple[str, int, Architecture]]:
    n_global, n_local = map(int, shape.split("+"))
    for family, larger, place in (
        ("global", f"{n_global + 1}+{n_local}", n_global),
        ("local", f"{n_global}+{n_local + 1}", n_local),
    ):
        choice = space.global_ if family == "global" else space.local
        for kind in choice.kinds if larger in shapes else ():
            answers = {**given, "stages": larger, f"{family}{place}": kind}
            try:
                child = space.suggest(cast("BaseTrial", _Questions(answers)))
            except ArchitectureError:
                continue
            yield f"add {family} {kind}", _sign_of(family), child


@dataclass(frozen=True, slots=True)
class _Question:
    choices: tuple[Any, ...]
    answer: Any

    def alternatives(self) -> tuple[Any, ...]:
        """The neighbouring numbers; or all other choices if they are not numbers."""
        if any(isinstance(c, bool | str) or c is None for c in self.choices):
            return tuple(c for c in self.choices if c != self.answer)
        ordered = sorted(self.choices)
        place = ordered.index(self.answer)
        return (*ordered[max(0, place - 1) : place], *ordered[place + 1 : place + 2])


class _Questions:
    """A trial that answers the questions of a space with given values, and records them.

    Without a given value the answer is the value in `preferred` if the choices have it, else the
    first choice.
    """

    def __init__(
        self, given: Mapping[str, Any], preferred: Mapping[str, Any] | None = None
    ) -> None:
        self.given = given
        self.preferred = preferred or {}
        self.asked: dict[str, _Question] = {}

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        answer = self.given.get(name, self.preferred.get(name, choices[0]))
        if answer not in choices:
            answer = choices[0]
        self.asked[name] = _Question(tuple(choices), answer)
        return answer

    def suggest_int(self, name: str, low: int, high: int, step: int = 1) -> int:
        return int(self.suggest_categorical(name, range(low, high + 1, step)))


def _successors(name: str, given: Mapping[str, Value], value: Any) -> dict[str, Value]:
    """If `name` chooses a kind: the parameters of the old kind under the names of the new one."""
    old = f"{name}.{given[name]}."
    return {
        f"{name}.{value}.{key.removeprefix(old)}": kept
        for key, kept in given.items()
        if key.startswith(old)
    }


def _named(name: str, old: Any, new: Any) -> tuple[str, int]:
    """The name of a change of a study parameter, and its expected sign."""
    field, _, parameter = name.rpartition(".")
    if name in ("width", "dropout"):
        return _stepped(name, old, new), 0
    if parameter in ("attention", "residual") or not field or _PLACE.fullmatch(name):
        subject = _PLACE.sub(r"\1", parameter or name)
        return _exchanged(subject, str(old), str(new))
    place, kind = field.rsplit(".", 1)
    place = place.rsplit(".", 1)[-1]
    family = _PLACE.sub(r"\1", place)
    what = f"{kind} {_stepped(parameter, old, new)}"
    return what, _sign_of_parameter(family, kind, parameter, old, new)


def _exchanged(subject: str, old: str, new: str) -> tuple[str, int]:
    """The change of a kind: a component, attention, residual, fusion, pooling or readout."""
    if old == NONE_KIND:
        kind = f"add {new} {subject}"
    elif new == NONE_KIND:
        kind = f"remove {old} {subject}"
    else:
        kind = f"{subject} {old} to {new}"
    if subject in ("attention", "residual"):  # for a global component: the paper's first remedy
        return kind, MORE_GLOBAL * ((new != NONE_KIND) - (old != NONE_KIND))
    if subject == "local":  # an equivariant component sees each element by itself
        alone = [lookup("local", one).equivariant for one in (old, new)]
        return kind, MORE_LOCAL * (alone[1] - alone[0])
    before, after = (_PUBLISHED.get(f"{subject} {one}", 0) for one in (old, new))
    return kind, after - before


def _sign_of_parameter(family: str, kind: str, parameter: str, old: Any, new: Any) -> int:
    if isinstance(new, str):
        return 0
    direction = 1 if new > old else -1
    if family in ("global", "local") and lookup(family, kind).parameters[parameter].depth:
        return _sign_of(family) * direction
    return _PUBLISHED.get(f"{parameter} up", 0) * direction


def _stepped(parameter: str, old: Any, new: Any) -> str:
    if isinstance(new, str):
        return f"{parameter} {old} to {new}"
    return f"{parameter} {'up' if new > old else 'down'}"


def _sign_of(family: str) -> int:
    """The sign of the guidance when a family gets stronger, by the paper's reasoning."""
    return MORE_GLOBAL if family == "global" else MORE_LOCAL
