"""Search spaces: YAML files that define which architectures can be proposed.

A space has the fields of an architecture, each with its possible values. A parameter is one value,
a list of values, or a span `{low: 1, high: 4}` with an optional `step`. A component is a mapping
from each possible kind to its parameters; a parameter that is not given has its default.

    name: small
    width: {low: 32, high: 64, step: 32}
    stages: {global: [0, 1], local: [1]}        # how many components of each
    global: {lstm: {layers: [1, 2]}, gru: {}}
    local: {dcnn: {blocks: {low: 0, high: 2}}}
    attention: {none: {}, soft: {}}             # after each global component
    residual: {none: {}, identity: {}}          # around each global component
    fusion: {sequential: {}, skip: {}}
    pooling: {none: {}}
    dropout: [0.0, 0.1]
    embedding:
      element_fraction: {element_vectors: [mat2vec, mat2vec+magpie+oliynyk]}
      smooth_fraction: {wavelength: [0.2, 0.5]}
    descriptor: {none: {}, statistics: {}}
    output: {none: {}, hurdle: {}}
    condition: {readout: {}, gate: {}}          # where conditions enter; by default all places
    warm_start: [lstm, ldcnn]                   # named architectures to begin with, or portfolio

`extends: NAME` uses another space for all fields that this one does not define. `condition` is open
only where the data have conditions (`fusionnas.search_space.conditions`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import NONE, Architecture, ComponentSpec, Stage, Value
from fusionnas.networks.canonical import canonical

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


class NotInSpace(ArchitectureError):
    """An architecture that a space cannot propose."""


@dataclass(frozen=True, slots=True)
class Options:
    """One of a few values; a single value is fixed and is not a parameter of the study."""

    values: tuple[Value, ...]

    def suggest(self, trial: BaseTrial, name: str) -> Value:
        if len(self.values) == 1:
            return self.values[0]
        value = trial.suggest_categorical(name, self.values)
        assert value is not None
        return value

    def parameters(self, name: str, value: Value) -> dict[str, Value]:
        """The study parameter that gives `value`; none if the value is fixed."""
        return _study_parameter(self.values, name, value)

    def __len__(self) -> int:
        return len(self.values)

    def to_plain(self) -> Any:
        return list(self.values) if len(self.values) > 1 else self.values[0]


@dataclass(frozen=True, slots=True)
class Span:
    """A whole number from `low` to `high`, both included; the sampler knows that it is ordered."""

    low: int
    high: int
    step: int = 1

    @property
    def values(self) -> tuple[int, ...]:
        return tuple(range(self.low, self.high + 1, self.step))

    def suggest(self, trial: BaseTrial, name: str) -> Value:
        if len(self) == 1:
            return self.low
        return trial.suggest_int(name, self.low, self.high, step=self.step)

    def parameters(self, name: str, value: Value) -> dict[str, Value]:
        return _study_parameter(self.values, name, value)

    def __len__(self) -> int:
        return len(self.values)

    def to_plain(self) -> Any:
        return {"low": self.low, "high": self.high, "step": self.step}


Domain = Options | Span


def _study_parameter(values: tuple[Value, ...], name: str, value: Value) -> dict[str, Value]:
    """The parameter with which a domain gives `value`; none if the domain is fixed."""
    if len(values) == 1:
        return {}
    if value not in values:
        raise NotInSpace(f"{name}: {value!r} is not among {values}")
    return {name: value}


@dataclass(frozen=True, slots=True)
class ComponentChoice:
    """A choice between kinds of a component, each with the domains of its parameters."""

    kinds: Mapping[str, Mapping[str, Domain]]

    def suggest(self, trial: BaseTrial, name: str) -> ComponentSpec:
        kind = str(Options(tuple(self.kinds)).suggest(trial, name))
        return ComponentSpec.of(
            kind,
            **{p: d.suggest(trial, f"{name}.{kind}.{p}") for p, d in self.kinds[kind].items()},
        )

    def first(self) -> ComponentSpec:
        """The first kind with the first value of each parameter."""
        kind, domains = next(iter(self.kinds.items()))
        return ComponentSpec.of(kind, **{p: d.values[0] for p, d in domains.items()})

    def parameters(self, name: str, spec: ComponentSpec) -> dict[str, Value]:
        """The study parameters that give `spec` (canonical), or NotInSpace."""
        if len(self.kinds) == 1:
            (kind,) = self.kinds
            if spec.kind != kind:
                return {}  # fixed by the space
        if spec.kind not in self.kinds:
            raise NotInSpace(f"{name}: '{spec.kind}' is not among {', '.join(self.kinds)}")
        found = Options(tuple(self.kinds)).parameters(name, spec.kind)
        for parameter, domain in self.kinds[spec.kind].items():
            found |= domain.parameters(f"{name}.{spec.kind}.{parameter}", spec[parameter])
        return found

    def __len__(self) -> int:
        """The number of different components."""
        return sum(_product(len(d) for d in domains.values()) for domains in self.kinds.values())

    def to_plain(self) -> dict[str, Any]:
        return {k: {p: d.to_plain() for p, d in ps.items()} for k, ps in self.kinds.items()}


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """A search space; `fusionnas.search_space.space_file.load_space` reads one from YAML."""

    name: str
    about: str
    width: Domain
    shapes: tuple[tuple[int, int], ...]  # (global, local) numbers of components
    global_: ComponentChoice
    local: ComponentChoice
    attention: ComponentChoice
    residual: ComponentChoice
    fusion: ComponentChoice
    pooling: ComponentChoice
    readout: ComponentChoice
    embedding: ComponentChoice
    dropout: Domain = Options((0.0,))
    descriptor: ComponentChoice = field(default=ComponentChoice({"none": {}}))
    output: ComponentChoice = field(default=ComponentChoice({"none": {}}))
    condition: ComponentChoice = field(default=ComponentChoice({"none": {}}))
    heads: int = 1  # of every architecture: what the data decide, so it is no part of the hash
    warm_start: tuple[str, ...] | None = None  # named ones or portfolio first; None: all that fit

    def __repr__(self) -> str:
        return f"<SearchSpace {self.name}: {self.size:,} architectures. {self.about}>"

    @property
    def widths(self) -> tuple[int, int]:
        """The smallest and the largest width."""
        values = [int(w) for w in self.width.values]
        return min(values), max(values)

    @property
    def vector_names(self) -> list[str]:
        """Every choice of element vectors, sorted."""
        kinds = self.embedding.kinds.values()
        return sorted({str(name) for kind in kinds for name in kind["element_vectors"].values})

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(self.to_plain(), sort_keys=True).encode()).hexdigest()[:16]

    def suggest(self, trial: BaseTrial) -> Architecture:
        """The architecture (canonical) for the parameters of the trial.

        Raises:
            ArchitectureError: no network can have these parameters together.
        """
        shape = Options(tuple(f"{g}+{k}" for g, k in self.shapes)).suggest(trial, "stages")
        n_global, n_local = map(int, str(shape).split("+"))
        return canonical(
            Architecture(
                width=int(self.width.suggest(trial, "width")),
                global_stages=tuple(
                    Stage(
                        self.global_.suggest(trial, f"global{i}"),
                        self.attention.suggest(trial, f"global{i}.attention"),
                        self.residual.suggest(trial, f"global{i}.residual"),
                    )
                    for i in range(n_global)
                ),
                local_stages=tuple(
                    Stage(self.local.suggest(trial, f"local{i}")) for i in range(n_local)
                ),
                fusion=self.fusion.suggest(trial, "fusion")
                if n_global and n_local
                else ComponentSpec("sequential"),
                pooling=self.pooling.suggest(trial, "pooling"),
                readout=self.readout.suggest(trial, "readout"),
                embedding=self.embedding.suggest(trial, "embedding"),
                dropout=float(self.dropout.suggest(trial, "dropout")),
                descriptor=self.descriptor.suggest(trial, "descriptor"),
                output=self.output.suggest(trial, "output"),
                condition=self.condition.suggest(trial, "condition"),
                heads=self.heads,
            )
        )

    def parameters_of(self, architecture: Architecture) -> dict[str, Value]:
        """The study parameters with which `suggest` returns this architecture.

        Fixed values of the space have priority: an architecture that differs there still fits, and
        is proposed with the values of the space.

        Raises:
            NotInSpace: an open choice of the space does not offer the value of the architecture.
        """
        a = canonical(architecture)
        shape = (len(a.global_stages), len(a.local_stages))
        if shape not in self.shapes:
            raise NotInSpace(f"stages: {shape[0]} global and {shape[1]} local are not offered")
        found = Options(tuple(f"{g}+{k}" for g, k in self.shapes)).parameters(
            "stages", f"{shape[0]}+{shape[1]}"
        )
        found |= self.width.parameters("width", a.width)
        for i, stage in enumerate(a.global_stages):
            found |= self.global_.parameters(f"global{i}", stage.component)
            found |= self.attention.parameters(f"global{i}.attention", stage.attention)
            found |= self.residual.parameters(f"global{i}.residual", stage.residual)
        for i, stage in enumerate(a.local_stages):
            found |= self.local.parameters(f"local{i}", stage.component)
            if (stage.attention, stage.residual) != (NONE, NONE):
                raise NotInSpace(f"local{i}: attention and residual are for global components")
        if all(shape):
            found |= self.fusion.parameters("fusion", a.fusion)
        for name, choice in self._singles():
            found |= choice.parameters(name, getattr(a, name))
        return found | self.dropout.parameters("dropout", a.dropout)

    def fitted(self, architecture: Architecture) -> Architecture | None:
        """A published architecture at the largest width of this space; None if it does not fit."""
        try:
            wide = replace(
                architecture,
                width=self.widths[1],
                shared_attention=False,
                dropout=float(self.dropout.values[0]),
                heads=self.heads,
            )
            wide = self.with_condition(wide)
            self.parameters_of(wide)
        except ArchitectureError:
            return None
        return wide

    def with_condition(self, architecture: Architecture) -> Architecture:
        """The architecture with conditions at its own place if this space has it, otherwise at the
        first place of this space; without any where the data have none."""
        kinds, given = self.condition.kinds, architecture.condition.kind
        kind = given if given in kinds else next(iter(kinds))
        fixed = {name: domain.values[0] for name, domain in kinds[kind].items()}
        return replace(architecture, condition=ComponentSpec.of(kind, **fixed))

    @property
    def size(self) -> int:
        """The number of distinct architectures; each setting of the parameters is one.

        This is not `len`, which is limited to 2^63: a space with all components has more.
        """
        per_global = len(self.global_) * len(self.attention) * len(self.residual)
        shapes = sum(
            per_global**g * len(self.local) ** k * (len(self.fusion) if g and k else 1)
            for g, k in self.shapes
        )
        singles = _product(len(choice) for _, choice in self._singles())
        return shapes * len(self.width) * len(self.dropout) * singles

    def choices(self) -> dict[str, ComponentChoice]:
        """The choices of components, by field."""
        own = {
            "global": self.global_,
            "local": self.local,
            "attention": self.attention,
            "residual": self.residual,
            "fusion": self.fusion,
        }
        return own | dict(self._singles())

    def to_plain(self) -> dict[str, Any]:
        """The space as plain data, from which its hash is computed."""
        return {
            "name": self.name,
            "width": self.width.to_plain(),
            "stages": [list(shape) for shape in self.shapes],
            "dropout": self.dropout.to_plain(),
            "warm_start": None if self.warm_start is None else list(self.warm_start),
            **{name: choice.to_plain() for name, choice in self.choices().items()},
        }

    def _singles(self) -> Iterator[tuple[str, ComponentChoice]]:
        yield from (("pooling", self.pooling), ("readout", self.readout))
        yield "embedding", self.embedding
        # left out if they are none, so that older hashes of such spaces stay valid
        for name in ("descriptor", "output", "condition"):
            choice = getattr(self, name)
            if tuple(choice.kinds) != ("none",):
                yield name, choice


def _product(numbers: Iterator[int]) -> int:
    result = 1
    for number in numbers:
        result *= number
    return result
