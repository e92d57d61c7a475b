"""An architecture: the complete, immutable description of a network, without its weights.

It is plain data: torch is not needed, no defaults are filled in, and the kinds of components are
not checked. `fusionnas.networks.canonical` validates an architecture and fills in the defaults, and
`fusionnas.networks.network.build` makes a network from it.

In YAML, a component is its kind, or a mapping of `kind` and its parameters; a stage (a global or
a local component) may add its `attention` and `residual`:

    name: l-g-dcnn
    width: 512
    global:
      - {kind: lstm, attention: soft}
      - {kind: gru, attention: soft}
    local:
      - {kind: dcnn, kernel: 3, blocks: 2}
    fusion: sequential
    shared_attention: true
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fusionnas.errors import ArchitectureError
from fusionnas.files.yaml_file import plain_scalar

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """One component: its kind and its parameters, sorted by name so that equal specs hash equal."""

    kind: str
    params: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, kind: str, **params: Value) -> ComponentSpec:
        return cls(kind, tuple(sorted(params.items())))

    @classmethod
    def from_plain(cls, plain: Any, field_name: str) -> ComponentSpec:
        """Read the YAML form: a kind alone, or a mapping with `kind`."""
        if plain is None:
            return cls("none")
        if isinstance(plain, str):
            return cls(plain)
        if not isinstance(plain, Mapping) or not isinstance(plain.get("kind"), str):
            raise ArchitectureError(
                f"'{field_name}' must be a component's kind or a mapping with 'kind', "
                f"but got {plain!r}."
            )
        return cls.of(**{str(name): plain_scalar(value) for name, value in plain.items()})

    def to_plain(self) -> str | dict[str, Value]:
        return {"kind": self.kind, **dict(self.params)} if self.params else self.kind

    def __getitem__(self, name: str) -> Value:
        return dict(self.params)[name]

    def get(self, name: str, default: Value) -> Value:
        return dict(self.params).get(name, default)


NONE = ComponentSpec("none")


@dataclass(frozen=True, slots=True)
class Stage:
    """A global or local component with the attention after it and the residual around both."""

    component: ComponentSpec
    attention: ComponentSpec = NONE
    residual: ComponentSpec = NONE

    @classmethod
    def from_plain(cls, plain: Any, field_name: str) -> Stage:
        if not isinstance(plain, Mapping):
            return cls(ComponentSpec.from_plain(plain, field_name))
        own = {k: v for k, v in plain.items() if k not in ("attention", "residual")}
        return cls(
            ComponentSpec.from_plain(own, field_name),
            ComponentSpec.from_plain(plain.get("attention"), f"{field_name}.attention"),
            ComponentSpec.from_plain(plain.get("residual"), f"{field_name}.residual"),
        )

    def to_plain(self) -> str | dict[str, Any]:
        extras = {
            name: spec.to_plain()
            for name, spec in (("attention", self.attention), ("residual", self.residual))
            if spec != NONE
        }
        if not extras:
            return self.component.to_plain()
        return {"kind": self.component.kind, **dict(self.component.params), **extras}


@dataclass(frozen=True, slots=True)
class Architecture:
    """The complete description of a fusion network; comparison ignores `name` and `about`."""

    width: int
    global_stages: tuple[Stage, ...] = ()
    local_stages: tuple[Stage, ...] = ()
    embedding: ComponentSpec = ComponentSpec("element_fraction")
    fusion: ComponentSpec = ComponentSpec("sequential")
    pooling: ComponentSpec = NONE
    readout: ComponentSpec = ComponentSpec("gated_mean")
    # one soft attention shared by all stages instead of one for each (as in the published L-G-DCNN)
    shared_attention: bool = False
    dropout: float = 0.0  # on the embedding and before the pooling, in training only
    descriptor: ComponentSpec = NONE  # descriptor of the whole formula, for the readout
    output: ComponentSpec = (
        NONE  # of what the readout gives, for targets with a spike or long tails
    )
    condition: ComponentSpec = NONE  # where conditions beside the formula enter, if there are any
    heads: int = 1  # values that the readout gives for a compound; a training fills it in
    name: str = field(default="", compare=False)
    about: str = field(default="", compare=False)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Architecture:
        """Read the YAML form; a field that an architecture does not have is an error."""
        known = {
            "name",
            "width",
            "embedding",
            "global",
            "local",
            "fusion",
            "pooling",
            "readout",
            "shared_attention",
            "dropout",
            "descriptor",
            "output",
            "condition",
            "heads",
            "about",
            "published",
        }
        unknown = sorted(set(map(str, plain)) - known)
        if unknown:
            raise ArchitectureError(
                f"An architecture has no field '{unknown[0]}'; "
                f"its fields: {', '.join(sorted(known))}."
            )
        width = plain.get("width")
        if isinstance(width, bool) or not isinstance(width, int):
            raise ArchitectureError(
                f"'width' must be a whole number of channels, but got {width!r}."
            )
        return cls(
            width=width,
            global_stages=_stages(plain.get("global"), "global"),
            local_stages=_stages(plain.get("local"), "local"),
            embedding=ComponentSpec.from_plain(
                plain.get("embedding", "element_fraction"), "embedding"
            ),
            fusion=ComponentSpec.from_plain(plain.get("fusion", "sequential"), "fusion"),
            pooling=ComponentSpec.from_plain(plain.get("pooling"), "pooling"),
            readout=ComponentSpec.from_plain(plain.get("readout", "gated_mean"), "readout"),
            shared_attention=_truth(plain.get("shared_attention", False), "shared_attention"),
            dropout=_number(plain.get("dropout", 0.0), "dropout"),
            descriptor=ComponentSpec.from_plain(plain.get("descriptor"), "descriptor"),
            output=ComponentSpec.from_plain(plain.get("output"), "output"),
            condition=ComponentSpec.from_plain(plain.get("condition"), "condition"),
            heads=_heads(plain.get("heads", 1)),
            name=str(plain.get("name", "")),
            about=" ".join(str(plain.get("about", "")).split()),
        )

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"name": self.name} if self.name else {}
        plain |= {
            "width": self.width,
            "embedding": self.embedding.to_plain(),
            "global": [stage.to_plain() for stage in self.global_stages],
            "local": [stage.to_plain() for stage in self.local_stages],
            "fusion": self.fusion.to_plain(),
            "pooling": self.pooling.to_plain(),
            "readout": self.readout.to_plain(),
            "shared_attention": self.shared_attention,
            "dropout": self.dropout,
        }
        # left out if there are none, so that older networks keep their identities
        for name in ("descriptor", "output", "condition"):
            spec = getattr(self, name)
            if spec != NONE:
                plain[name] = spec.to_plain()
        if self.heads != 1:
            plain["heads"] = self.heads
        return plain

    def with_width(self, width: int) -> Architecture:
        return replace(self, width=width)

    @property
    def element_vectors(self) -> str:
        """Name of the element vectors that the embedding reads."""
        return str(self.embedding.get("element_vectors", "mat2vec"))


def _truth(plain: Any, field_name: str) -> bool:
    if not isinstance(plain, bool):  # YAML reads `no` and `off` as texts
        raise ArchitectureError(f"'{field_name}' must be true or false, but got {plain!r}.")
    return plain


def _number(plain: Any, field_name: str) -> float:
    value = plain_scalar(plain)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArchitectureError(f"'{field_name}' must be a number, but got {plain!r}.")
    return value


def _heads(plain: Any) -> int:
    value = plain_scalar(plain)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArchitectureError(f"'heads' must be a whole number from 1, but got {plain!r}.")
    return value


def _stages(plain: Any, field_name: str) -> tuple[Stage, ...]:
    if plain is None:
        return ()
    if isinstance(plain, str) or not isinstance(plain, Iterable) or isinstance(plain, Mapping):
        raise ArchitectureError(f"'{field_name}' must be a list of components, but got {plain!r}.")
    return tuple(Stage.from_plain(one, f"{field_name}[{place}]") for place, one in enumerate(plain))
