"""Reads a search space from a YAML file; one message lists all faults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fusionnas.errors import ArchitectureError, SearchSpaceError, did_you_mean
from fusionnas.files.yaml_file import line_of, plain_scalar, read_yaml, resolve
from fusionnas.networks.canonical import width_fault
from fusionnas.networks.components.registry import Component, lookup
from fusionnas.networks.named import architecture_names
from fusionnas.search_space.portfolio import PORTFOLIO
from fusionnas.search_space.space import ComponentChoice, Domain, Options, SearchSpace, Span

MOST_VALUES = 10_000  # of a span
_FIELDS = (
    "name",
    "about",
    "extends",
    "warm_start",
    "width",
    "dropout",
    "stages",
    "global",
    "local",
    "attention",
    "residual",
    "fusion",
    "pooling",
    "readout",
    "embedding",
    "descriptor",
    "output",
    "condition",
)
_DEFAULTS: dict[str, dict[str, Any]] = {
    "global": {},
    "local": {},
    "attention": {"none": {}},
    "residual": {"none": {}},
    "fusion": {"sequential": {}},
    "pooling": {"none": {}},
    "readout": {"gated_mean": {}},
    "embedding": {"element_fraction": {}},
    "descriptor": {"none": {}},
    "output": {"none": {}},
    "condition": {"none": {}},
}


def load_space(name: str) -> SearchSpace:
    """The space of the package with this name, or the space in the YAML file at this path.

    Raises:
        SearchSpaceError: there is no such space, the YAML is malformed, or it has faults, which
            are listed with line and field.
    """
    path = resolve(name, "search_spaces", "search space", SearchSpaceError)
    return _Reader(path).read()


def _extended(plain: Mapping[str, Any], path: list[Path]) -> Mapping[str, Any]:
    """The fields of a space, with those of the space that it extends."""
    if "extends" not in plain:
        return plain
    base = resolve(str(plain["extends"]), "search_spaces", "search space", SearchSpaceError)
    if base in path:
        raise SearchSpaceError(f"{path[0].name}: 'extends' is circular through {base.name}.")
    inherited = _extended(read_yaml(base, SearchSpaceError), [*path, base])
    kept = {k: v for k, v in inherited.items() if k not in ("name", "about", "extends")}
    return {**kept, **plain}


class _Reader:
    """Reads one file and collects its faults."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.own = read_yaml(path, SearchSpaceError)
        self.plain = _extended(self.own, [path])
        self.faults: list[str] = []

    def read(self) -> SearchSpace:
        for key in self.plain:
            if key not in _FIELDS:
                self.fault((key,), f"no such field; {did_you_mean(str(key), _FIELDS)}")
        width = self.domain(("width",), self.plain.get("width"), whole=True)
        for value in width.values if width else ():
            if (fault := width_fault(int(value))) is not None:
                self.fault(("width",), f"{fault}, but got {value}")
        shapes = self.shapes()
        choices = {field: self.choice(field, width) for field in _DEFAULTS}
        for family, place in (("global", 0), ("local", 1)):
            if any(shape[place] for shape in shapes) and not choices[family].kinds:
                self.fault(("stages",), f"asks for {family} components, but '{family}' offers none")
        dropout = self.domain(("dropout",), self.plain.get("dropout", 0.0))
        for value in dropout.values if dropout else ():
            if isinstance(value, bool | str) or not 0 <= value <= 0.8:
                self.fault(("dropout",), f"must be a number from 0 to 0.8, but got {value!r}")
        warm_start = self.warm_start()
        if self.faults:
            listed = "\n".join(f"  {fault}" for fault in self.faults)
            raise SearchSpaceError(f"{self.path.name} is not a usable search space:\n{listed}")
        assert width is not None
        assert dropout is not None
        return SearchSpace(
            name=str(self.plain.get("name", self.path.stem)),
            about=str(self.plain.get("about", "")).strip(),
            width=width,
            shapes=shapes,
            global_=choices.pop("global"),
            dropout=dropout,
            warm_start=warm_start,
            **choices,  # type: ignore[arg-type]
        )

    def fault(self, keys: tuple[str | int, ...], text: str) -> None:
        line = line_of(self.own, keys)
        where = f"line {line}, " if line else ""
        self.faults.append(f"{where}{'.'.join(map(str, keys))}: {text}")

    def warm_start(self) -> tuple[str, ...] | None:
        names = self.plain.get("warm_start")
        if names is None:
            return None
        if not isinstance(names, list):
            self.fault(
                ("warm_start",),
                f"must be a list of named architectures or [portfolio], but got {names!r}",
            )
            return None
        known = [PORTFOLIO, *architecture_names()]
        for place, name in enumerate(names):
            if name not in known:
                hint = did_you_mean(str(name), known)
                self.fault(("warm_start", place), f"there is no architecture '{name}'; {hint}")
        return tuple(map(str, names))

    def shapes(self) -> tuple[tuple[int, int], ...]:
        stages = self.plain.get("stages")
        if not isinstance(stages, Mapping) or set(stages) - {"global", "local"}:
            self.fault(("stages",), "must be {global: ..., local: ...} with the number of each")
            return ()
        counts = []
        for family in ("global", "local"):
            domain = self.domain(("stages", family), stages.get(family, 0), whole=True)
            numbers = [int(v) for v in domain.values] if domain else []
            if any(not 0 <= number <= 4 for number in numbers):
                self.fault(("stages", family), f"must be from 0 to 4, but got {numbers}")
            counts.append(numbers)
        shapes = tuple((g, k) for g in counts[0] for k in counts[1] if g + k)
        if not shapes and not self.faults:
            self.fault(("stages",), "must allow at least one component")
        return shapes

    def choice(self, field: str, width: Domain | None) -> ComponentChoice:
        plain = self.plain.get(field, _DEFAULTS[field])
        if isinstance(plain, str):
            plain = {plain: {}}
        if not isinstance(plain, Mapping):
            self.fault((field,), f"must be a mapping from kinds to parameters, but got {plain!r}")
            return ComponentChoice({})
        if not plain and _DEFAULTS[field]:
            self.fault((field,), "must offer at least one kind")
        kinds = {}
        for kind, parameters in plain.items():
            try:
                row = lookup(field, str(kind), field)
            except ArchitectureError as e:
                self.fault((field, kind), str(e).partition(": ")[2])
                continue
            kinds[str(kind)] = self.parameters((field, kind), row, parameters or {}, width)
        return ComponentChoice(kinds)

    def parameters(
        self, keys: tuple[str, ...], row: Component, plain: Any, width: Domain | None
    ) -> dict[str, Domain]:
        if not isinstance(plain, Mapping):
            self.fault(keys, f"must be a mapping of parameters, but got {plain!r}")
            return {}
        for name in plain:
            if name not in row.parameters:
                known = list(row.parameters)
                hint = did_you_mean(str(name), known) if known else "it has no parameters"
                self.fault((*keys, name), f"'{row.kind}' has no parameter '{name}'; {hint}")
        domains: dict[str, Domain] = {}
        for parameter in row.parameters.values():
            place = (*keys, parameter.name)
            domain = self.domain(place, plain.get(parameter.name, parameter.default))
            if domain is None:
                continue
            domains[parameter.name] = domain
            for value in domain.values:
                fault = parameter.domain.fault(value, parameter.default)
                if fault:
                    self.fault(place, f"{fault}, but got {value!r}")
                elif parameter.divides_width and width is not None:
                    odd = [w for w in width.values if int(w) % int(value)]
                    if odd:
                        self.fault(place, f"{value} does not divide the width {odd[0]}")
        return domains

    def domain(self, keys: tuple[str, ...], plain: Any, whole: bool = False) -> Domain | None:
        if isinstance(plain, Mapping):
            given = {"step": 1, **{str(k): plain_scalar(v) for k, v in plain.items()}}
            numbers = {k: given.pop(k, None) for k in ("low", "high", "step")}
            if given or any(type(v) is not int for v in numbers.values()):
                self.fault(
                    keys, f"a span is {{low, high, step}} in whole numbers, but got {dict(plain)}"
                )
                return None
            low, high, step = numbers["low"], numbers["high"], numbers["step"]
            if low > high or step < 1 or (high - low) % step:
                self.fault(
                    keys,
                    "`low <= high`, `step >= 1` and a whole number of steps must hold, "
                    f"but got (low={low}, high={high}, step={step})",
                )
                return None
            if (high - low) // step >= MOST_VALUES:
                self.fault(keys, f"a span has at most {MOST_VALUES:,} values")
                return None
            return Span(low, high, step)
        values = [plain_scalar(v) for v in (plain if isinstance(plain, list) else [plain])]
        plain_types = (int,) if whole else (bool, int, float, str)
        wrong = [v for v in values if not isinstance(v, plain_types) or (whole and v is True)]
        if not values or wrong:
            what = "whole numbers" if whole else "values"
            self.fault(keys, f"must be {what}, but got {plain!r}")
            return None
        if len(set(values)) < len(values):
            self.fault(keys, f"lists a value twice: {values}")
            return None
        return Options(tuple(values))
