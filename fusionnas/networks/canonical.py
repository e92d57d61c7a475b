"""The canonical form of an architecture: validated, with defaults, without unused settings.

Two architectures that build the same network have the same canonical form and identity.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import NONE, Architecture, ComponentSpec, Stage
from fusionnas.networks.components.registry import lookup

WIDTHS = range(8, 4097)
CONDITION = "readout"  # where conditions enter if an architecture does not say it


def canonical(architecture: Architecture) -> Architecture:
    """The canonical form of `architecture`.

    Raises:
        ArchitectureError: a kind is unknown, a parameter is out of its domain, or the combination
            cannot be built; the message names the component and the field.
    """
    a = architecture
    if (fault := width_fault(a.width)) is not None:
        raise ArchitectureError(f"'width' {fault}, but got {a.width}.")
    if not a.global_stages and not a.local_stages:
        raise ArchitectureError("An architecture needs a global or a local component; it has none.")
    if isinstance(a.dropout, bool | str) or not 0 <= a.dropout <= 0.8:
        raise ArchitectureError(f"'dropout' must be a number from 0 to 0.8, but got {a.dropout!r}.")
    global_stages = _stages(a, "global")
    local_stages = _stages(a, "local")
    both = bool(global_stages and local_stages)
    fusion = _spec("fusion", a.fusion, "fusion", a.width)
    soft = [s.attention for s in (*global_stages, *local_stages) if s.attention.kind == "soft"]
    if a.shared_attention and len(set(soft)) > 1:
        raise ArchitectureError("'shared_attention' needs soft attentions with equal parameters.")
    result = replace(
        a,
        global_stages=global_stages,
        local_stages=local_stages,
        embedding=_spec("embedding", a.embedding, "embedding", a.width),
        fusion=fusion if both else ComponentSpec("sequential"),
        pooling=_spec("pooling", a.pooling, "pooling", a.width),
        readout=_spec("readout", a.readout, "readout", a.width),
        shared_attention=a.shared_attention and len(soft) > 1,
        dropout=float(a.dropout),
        descriptor=_spec("descriptor", a.descriptor, "descriptor", a.width),
        output=_spec("output", a.output, "output", a.width),
        condition=_spec("condition", a.condition, "condition", a.width),
    )
    _check_channels(result)
    if a.heads > 1 and result.output != NONE:
        raise ArchitectureError(
            f"output: '{result.output.kind}' is for one value of a compound, but there are "
            f"{a.heads}."
        )
    if result.descriptor != NONE and result.element_vectors == "trainable":
        raise ArchitectureError(
            f"descriptor: '{result.descriptor.kind}' describes element vectors, and 'trainable' "
            "ones are read from no table."
        )
    return result


def with_conditions(architecture: Architecture, channels: int) -> Architecture:
    """An architecture for data with `channels` numbers of conditions; 0 means none.

    If it does not say where conditions enter, they enter by `CONDITION`.

    Raises:
        ArchitectureError: it reads conditions, and there are none.
    """
    given = architecture.condition
    if not channels:
        if given != NONE:
            raise ArchitectureError(
                f"condition: '{given.kind}' reads conditions beside the formula, but the data have "
                "none; name their columns with --input-columns."
            )
        return architecture
    kind = CONDITION if given == NONE else given.kind
    spec = ComponentSpec.of(kind, **dict(given.params) | {"channels": channels})
    return replace(architecture, condition=spec)


def width_fault(width: int) -> str | None:
    """The fault of a width; halves for directions and fractions must be even themselves."""
    if width in WIDTHS and width % 4 == 0:
        return None
    return f"must be a multiple of 4 from {WIDTHS[0]} to {WIDTHS[-1]}"


def identity(architecture: Architecture) -> str:
    """A hash of the canonical form; name and description do not affect it."""
    plain = canonical(replace(architecture, name="")).to_dict()
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def channels_out(stage: Stage, width: int) -> int:
    """Channels of a stage's output; only a `dcnn_k1` with `narrow` changes them."""
    return width // int(stage.component.get("narrow", 1))


def _stages(a: Architecture, family: str) -> tuple[Stage, ...]:
    stages = a.global_stages if family == "global" else a.local_stages
    done, width = [], a.width
    for place, stage in enumerate(stages):
        name = f"{family}[{place}]"
        component = _spec(family, stage.component, name, width)
        width = channels_out(replace(stage, component=component), width)
        done.append(
            Stage(
                component,
                _spec("attention", stage.attention, f"{name}.attention", width),
                _spec("residual", stage.residual, f"{name}.residual", width),
            )
        )
    return tuple(done)


def _spec(family: str, spec: ComponentSpec, place: str, width: int) -> ComponentSpec:
    return lookup(family, spec.kind, place).spec(spec, place, width)


def _check_channels(a: Architecture) -> None:
    """Check that no stage with fewer channels is added to features of full width."""
    for family, stages in (("global", a.global_stages), ("local", a.local_stages)):
        for place, stage in enumerate(stages):
            if channels_out(stage, a.width) == a.width:
                continue
            narrow = stage.component["narrow"]
            where = f"{family}[{place}]: '{stage.component.kind}' with narrow={narrow}"
            if place + 1 < len(stages):
                raise ArchitectureError(f"{where} must be the last local component.")
            if stage.residual != NONE:
                raise ArchitectureError(f"{where} cannot have a residual connection around it.")
            if a.fusion.kind != "sequential":
                raise ArchitectureError(
                    f"{where} needs 'sequential' fusion, not '{a.fusion.kind}'."
                )
