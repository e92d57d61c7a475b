"""The registry: the existing components, their sources, and their parameters.

A component is a class with the decorator `component`. Its keyword-only constructor parameters,
annotated with `Range`, `Choice` or `bool`, are its parameters. Validation, search spaces, the
contract tests and the docs read them here, so that a new component changes only its own file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fusionnas.errors import ArchitectureError, did_you_mean
from fusionnas.networks.architecture import ComponentSpec, Value

FAMILIES = (
    "embedding",
    "global",
    "local",
    "attention",
    "residual",
    "fusion",
    "pooling",
    "descriptor",
    "condition",
    "readout",
    "output",
)


@dataclass(frozen=True, slots=True)
class Range:
    """A number between `low` and `high`, both included; `step` counts from `low`."""

    low: float
    high: float
    step: int = 1

    def fault(self, value: Value, default: Value) -> str | None:
        if isinstance(default, float):
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            rule = f"must be a number from {self.low} to {self.high}"
        else:
            fits = isinstance(value, int) and not isinstance(value, bool)
            rule = f"must be a whole number from {self.low} to {self.high}"
            rule += f" in steps of {self.step}" if self.step > 1 else ""
        if not fits:
            return rule
        assert isinstance(value, int | float)
        on_step = isinstance(default, float) or (value - self.low) % self.step == 0
        return None if self.low <= value <= self.high and on_step else rule


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values."""

    options: tuple[Value, ...]

    def fault(self, value: Value, default: Value) -> str | None:
        if any(value == option and type(value) is type(option) for option in self.options):
            return None
        return f"must be one of {', '.join(map(repr, self.options))}"


@dataclass(frozen=True, slots=True)
class OneOrSeveral(Choice):
    """One of a few values, or several of `joinable` in one text, such as `mat2vec+magpie`.

    Only the order of `joinable` is allowed, so that a set has one spelling and one identity.
    """

    joinable: tuple[str, ...] = ()
    joint: str = "+"

    def fault(self, value: Value, default: Value) -> str | None:
        if not isinstance(value, str) or self.joint not in value:
            alone = Choice(self.options).fault(value, default)
            return alone and f"{alone}, or several of them joined by '{self.joint}'"
        names = value.split(self.joint)
        for name in names:
            if name not in self.joinable:
                return f"can join {', '.join(self.joinable)}, and not '{name}'"
        ordered = self.joint.join(one for one in self.joinable if one in names)
        return None if value == ordered else f"must name each once and in order, '{ordered}'"


@dataclass(frozen=True, slots=True)
class DividesWidth:
    """A marker beside a Range: the width must be a multiple of the parameter."""


@dataclass(frozen=True, slots=True)
class Depth:
    """A marker beside a Range: a larger number repeats the operation of the component."""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    domain: Range | Choice
    default: Value
    divides_width: bool = False
    depth: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A row of the registry."""

    kind: str
    family: str
    cls: type
    source: str  # where the component is published
    equivariant: bool  # permuting a compound's elements permutes the rows and changes nothing else
    parameters: dict[str, Parameter] = field(hash=False)

    @property
    def reads_fractions(self) -> bool:
        """Whether the component's `forward` needs the fractions (B, n) beside the features."""
        return "fractions" in inspect.signature(self.cls.forward).parameters  # type: ignore[attr-defined]

    @property
    def summary(self) -> str:
        """The first line of the component's docstring."""
        return (inspect.getdoc(self.cls) or "").partition("\n")[0]

    def spec(self, given: ComponentSpec, place: str, width: int) -> ComponentSpec:
        """`given` with defaults filled in.

        Raises:
            ArchitectureError: a parameter is unknown, or a value is out of its domain or does not
                divide the width; the message names the place and the field.
        """
        values: dict[str, Value] = {p.name: p.default for p in self.parameters.values()}
        for name, value in given.params:
            if name not in self.parameters:
                known = list(self.parameters)
                hint = did_you_mean(name, known) if known else "it takes none."
                raise ArchitectureError(f"{place}: '{self.kind}' has no parameter '{name}'; {hint}")
            parameter = self.parameters[name]
            fault = parameter.domain.fault(value, parameter.default)
            if fault:
                raise ArchitectureError(
                    f"{place}: '{self.kind}.{name}' {fault}, but got {value!r}."
                )
            values[name] = float(value) if isinstance(parameter.default, float) else value
        for parameter in self.parameters.values():
            if parameter.divides_width and width % int(values[parameter.name]):
                raise ArchitectureError(
                    f"{place}: '{self.kind}.{parameter.name}' must divide the width, "
                    f"but {values[parameter.name]} does not divide {width}."
                )
        return ComponentSpec.of(self.kind, **values)


_rows: dict[tuple[str, str], Component] = {}


def component(kind: str, *, family: str, source: str, equivariant: bool) -> Callable[[type], type]:
    """Register a class as the component `kind` of a family; a kind can be registered once."""

    def register(cls: type) -> type:
        if family not in FAMILIES:
            raise ValueError(f"family must be one of {FAMILIES}, but got {family!r}")
        if (family, kind) in _rows:
            raise ValueError(f"the {family} component '{kind}' is already registered")
        _rows[family, kind] = Component(kind, family, cls, source, equivariant, _parameters(cls))
        return cls

    return register


def lookup(family: str, kind: str, place: str | None = None) -> Component:
    """The row of a component, or an ArchitectureError that offers the nearest kind."""
    if (family, kind) not in _rows:
        raise ArchitectureError(
            f"{place or family}: there is no {family} component '{kind}'; "
            f"{did_you_mean(kind, kinds(family))}"
        )
    return _rows[family, kind]


def kinds(family: str) -> list[str]:
    return sorted(kind for of_family, kind in _rows if of_family == family)


def rows() -> list[Component]:
    """All components, family by family."""
    return sorted(_rows.values(), key=lambda row: (FAMILIES.index(row.family), row.kind))


def _parameters(cls: Any) -> dict[str, Parameter]:
    hints = get_type_hints(cls.__init__, include_extras=True)
    found = {}
    for name, argument in inspect.signature(cls.__init__).parameters.items():
        if argument.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        hint = hints[name]
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        domains = [mark for mark in marks if isinstance(mark, Range | Choice)]
        if hint is bool:
            domains = [Choice((False, True))]
        if len(domains) != 1 or argument.default is inspect.Parameter.empty:
            raise TypeError(f"{cls.__name__}.{name} must be annotated with a domain and a default")
        divides, depth = (
            any(isinstance(mark, wanted) for mark in marks) for wanted in (DividesWidth, Depth)
        )
        found[name] = Parameter(name, domains[0], argument.default, divides, depth)
    return found
